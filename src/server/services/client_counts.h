// Counts which clients write and query how often, but only while /debug/requests asks for it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sluice/io/task.h"

namespace sluice::server {

struct CoreServices;

struct ClientCount {
    std::uint64_t writes = 0;
    std::uint64_t queries = 0;
};
using ClientCounts = std::map<std::string, ClientCount>;

// The counter of one core. It costs a test per request while nothing is counted.
class ClientCounter {
public:
    bool active() const { return users_ != 0; }
    // `address` is the peer's, port included; `user` may be empty.
    void add_write(std::string_view user, std::string_view address) {
        count(user, address).writes += 1;
    }
    void add_query(std::string_view user, std::string_view address) {
        count(user, address).queries += 1;
    }

    void begin() { ++users_; }
    // Returns the counts so far, and forgets them when no other request is counting.
    ClientCounts end();
    ClientCounts counts() const { return counts_; }

private:
    // More clients than this are counted together.
    static constexpr std::size_t kClientsMax = 10'000;
    ClientCount& count(std::string_view user, std::string_view address);

    unsigned users_ = 0;
    ClientCounts counts_;
};

// Counts on every core for `duration_ns`, or until the server stops or `ended` is set, which is
// looked at a few times a second.
io::Task<ClientCounts> count_clients(CoreServices& here, std::int64_t duration_ns,
                                     const bool& ended);

}  // namespace sluice::server
