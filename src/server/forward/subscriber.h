// A Subscriber serves subscriptions: every accepted write of a subscribed policy goes to its
// destinations.
//
// There is one per core, and each has queues and connections of its own, so no write crosses a core
// for it. It never makes a write wait or fail. A write that does not fit into a queue is dropped
// and counted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/config/config.h"
#include "server/forward/forwarder.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"

namespace sluice::server {

// The work of one core for one destination, for /debug/vars.
struct DestinationReport {
    std::string database;
    std::string retention_policy;
    std::string subscription;
    std::string_view mode;
    std::string destination;
    Forwarder::DestinationCounts counts;
};
struct SubscriberReport {
    Forwarder::Counts total;
    std::uint64_t writes_offered = 0;
    std::uint64_t writes_dropped = 0;
    std::vector<DestinationReport> destinations;

    void add(const SubscriberReport& other);
};

// Lives on one core. stop() completes before destruction.
class Subscriber final : public engine::WriteListener {
public:
    Subscriber(engine::Core& core, const Config& config, std::uint32_t core_count);
    ~Subscriber() override;

    std::string capture(const engine::WriteTarget& target, const model::PointBatch& batch,
                        const model::SeriesIndex& index) override;
    void accepted(const engine::WriteTarget& target, std::string captured,
                  std::uint64_t rows) override;

    SubscriberReport report() const;
    io::Task<void> stop();

private:
    using Forwarders = std::map<const meta::Subscription*, std::unique_ptr<Forwarder>, std::less<>>;

    Forwarder& forwarder_of(const std::shared_ptr<const meta::Subscription>& subscription);
    void forget_dropped();
    static io::Task<void> retire(std::unique_ptr<Forwarder> forwarder);

    engine::Core& core_;
    ForwardLimits limits_;
    TlsTrust trust_;
    bool enabled_;
    // The forwarders by the catalog's own object, which lives as long as its forwarder.
    Forwarders forwarders_;
    std::uint64_t catalog_version_ = 0;
    Forwarder::Counts retired_;
    std::uint64_t writes_offered_ = 0;
    std::uint64_t writes_dropped_ = 0;
    io::Gate retiring_;
};

}  // namespace sluice::server
