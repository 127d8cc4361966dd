// The memory of a core's queries, all together: what one query may hold depends on how many others
// run, and one too many waits.
//
// A query that reads series or rows takes a grant before its first statement and gives it back
// behind its last; it is told once how much it may hold, since the jobs of other cores look at that
// while they run. The first gets three quarters, another one the rest, and the next wait in turn.
// Where neither ends for kPatienceNs, because clients do not read their answers say, some of those
// who wait run with a little, so that small questions are answered. What has waited for kWaitNs is
// refused.
//
// Where it is fair to clients, whoever waits goes behind those whose client holds less, so that the
// second client is served while the first one asks a hundred things; and the last of the little
// that there is for the patient is for clients that hold nothing. One client alone notices only
// that.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/base/result.h"
#include "sluice/base/units.h"
#include "sluice/io/event.h"
#include "sluice/io/task.h"
#include "sluice/query/query_registry.h"

namespace sluice::query {

// Of one core. Outlives its grants.
class QueryMemory {
public:
    static constexpr std::uint32_t kFullGrants = 2;
    static constexpr std::uint32_t kSmallGrants = 8;
    static constexpr std::uint32_t kSmallGrantsKept = 2;  // of these, for who holds nothing
    static constexpr std::int64_t kPatienceNs = 3 * kSecondNs;
    static constexpr std::int64_t kWaitNs = 30 * kSecondNs;

    explicit QueryMemory(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
    QueryMemory(const QueryMemory&) = delete;
    QueryMemory& operator=(const QueryMemory&) = delete;

    // By default it is to nobody.
    void set_fair_to_clients(bool fair) { is_fair_ = fair; }

private:
    // What a client holds and waits for. It stays as long as that is something.
    struct Client {
        std::uint32_t held = 0;
        std::uint32_t waiting = 0;
        io::Event freed;
    };
    using Clients = std::map<std::string, Client, std::less<>>;  // by block of addresses
    using Entry = Clients::value_type;

public:
    class Grant {
    public:
        Grant() = default;
        Grant(Grant&& other) noexcept
            : memory_(std::exchange(other.memory_, nullptr)),
              client_(std::exchange(other.client_, nullptr)),
              bytes_(std::exchange(other.bytes_, 0)),
              is_small_(other.is_small_) {}
        Grant& operator=(Grant&& other) noexcept {
            std::swap(memory_, other.memory_);
            std::swap(client_, other.client_);
            std::swap(bytes_, other.bytes_);
            std::swap(is_small_, other.is_small_);
            return *this;
        }
        ~Grant();

        std::uint64_t bytes() const { return bytes_; }

    private:
        friend class QueryMemory;
        Grant(QueryMemory& memory, Entry& client, std::uint64_t bytes, bool is_small)
            : memory_(&memory), client_(&client), bytes_(bytes), is_small_(is_small) {}

        QueryMemory* memory_ = nullptr;
        Entry* client_ = nullptr;
        std::uint64_t bytes_ = 0;
        bool is_small_ = false;
    };

    // Waits for its turn. kBusy: it did not come. `query` outlives the task; the grant is empty
    // where it was stopped meanwhile. `client` is the address that asks, and empty where that is
    // the server itself.
    io::Task<Result<Grant>> take(const RunningQuery& query, std::string_view client = {});

    std::uint64_t granted_bytes() const { return granted_; }

private:
    Grant give(Entry& client, bool is_small);
    // Whether nobody waits whose client holds less than this one.
    bool is_next(const Client& client) const;
    bool has_little_for(const Client& client) const;
    void wake_next();
    void forget_if_idle(Entry& client);

    const std::uint64_t bytes_max_;
    std::uint64_t granted_ = 0;
    std::uint32_t full_ = 0;
    std::uint32_t small_ = 0;
    std::uint32_t waiting_ = 0;
    std::int64_t freed_ns_ = 0;  // when a full grant was given back last
    bool is_fair_ = false;
    Clients clients_;
};

}  // namespace sluice::query
