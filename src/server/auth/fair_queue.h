// A FairQueue is who waits for something expensive, in turns by client: one that asks a thousand
// times waits for itself, and a client that asks once is next but for the others who do.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::server {

// What stands for an address in the queue: the address itself, of IPv6 the first 64 bits, since
// whoever has one of those has all of them. `host` is without port and brackets.
std::string queue_client(std::string_view host);

// It belongs to one core, and has two bounds: on all that wait, and on those of one client.
class FairQueue {
public:
    struct Entry {
        Entry() = default;
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        bool refused = false;
    };

    FairQueue(std::size_t entries_max, std::size_t of_client_max)
        : entries_max_(entries_max), of_client_max_(of_client_max) {}

    bool empty() const { return count_ == 0; }
    std::size_t size() const { return count_; }

    // Takes `entry` in, which stays alive until it leaves. Returns the entry that left for lack of
    // room, with `refused` set: `entry` itself, or the youngest of the client with the most of
    // them. Null if there was room.
    Entry* push(std::string_view client, Entry& entry);
    // Whose turn it is; it leaves. Null if nobody waits.
    Entry* pop();

private:
    struct Client {
        std::string name;
        std::deque<Entry*> waiting;
    };
    Client& client_named(std::string_view name);
    Entry* refuse_youngest(Client& client);

    const std::size_t entries_max_;
    const std::size_t of_client_max_;
    std::size_t count_ = 0;
    std::list<Client> clients_;  // in the order of their turns; each has somebody waiting
    std::unordered_map<std::string, std::list<Client>::iterator> by_name_;
};

}  // namespace sluice::server
