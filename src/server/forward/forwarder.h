// A Forwarder is one subscription on one core: a bounded queue of writes, and the tasks that send
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "server/forward/destination_client.h"
#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/subscription.h"

namespace sluice::server {

struct ForwardLimits {
    std::int64_t timeout_ns = 0;  // of one write by HTTP
    std::size_t writes_max = 0;   // waiting in the queue
    std::uint64_t bytes_max = 0;  // likewise; a larger write is taken when it is alone
    std::size_t senders_max = 0;  // at work at the same time
};

// It belongs to one core. stop() completes before destruction.
class Forwarder {
public:
    struct DestinationCounts {
        std::uint64_t points_written = 0;
        std::uint64_t write_failures = 0;
    };
    // The counts of all writes. A write counts once, whatever the number of destinations.
    struct Counts {
        std::uint64_t points_written = 0;
        std::uint64_t write_failures = 0;  // those for which the queue had no room included
    };

    // `trust` outlives it.
    Forwarder(io::Reactor& reactor, std::shared_ptr<const meta::Subscription> subscription,
              const ForwardLimits& limits, TlsTrust& trust);
    ~Forwarder();

    bool has_room(std::size_t bytes) const;
    // Adds a write to the queue. If the queue is full, it returns false and counts a failure.
    bool add(const ForwardedWrite& write);
    // Drops the writes that wait, and gives up those that are under way.
    io::Task<void> stop();

    const meta::Subscription& subscription() const { return *subscription_; }
    const std::vector<DestinationCounts>& destination_counts() const { return counts_; }
    const Counts& counts() const { return total_; }

private:
    struct Sender;

    io::Task<void> send_queued();
    io::Task<void> deliver(Sender& sender, ForwardedWrite write);

    io::Reactor& reactor_;
    const std::shared_ptr<const meta::Subscription> subscription_;
    const ForwardLimits limits_;
    TlsTrust& trust_;
    std::deque<ForwardedWrite> queue_;
    std::uint64_t queued_bytes_ = 0;
    io::Event added_;
    bool stopping_ = false;
    std::vector<Sender*> senders_;
    std::size_t senders_idle_ = 0;
    std::size_t next_destination_ = 0;
    std::vector<DestinationCounts> counts_;  // in the order of the destinations
    Counts total_;
    std::string last_error_;
    io::Gate gate_;
};

}  // namespace sluice::server
