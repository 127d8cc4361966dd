#include "server/forward/subscriber.h"

#include <algorithm>
#include <set>

#include "server/process/tls_files.h"
#include "sluice/ingest/line_text.h"

namespace sluice::server {
namespace {

// Text of the writes that wait for one subscription, all cores together.
constexpr std::uint64_t kQueueBytesMax = 64 * kMiB;

}  // namespace

// Each core forwards what came in through it, so the counts of a destination are the sum over
// cores. A core that has forwarded nothing yet still lists every destination, with zeroes.
void SubscriberReport::add(const SubscriberReport& other) {
    total.points_written += other.total.points_written;
    total.write_failures += other.total.write_failures;
    writes_offered += other.writes_offered;
    writes_dropped += other.writes_dropped;
    for (const DestinationReport& theirs : other.destinations) {
        const auto ours = std::ranges::find_if(destinations, [&](const DestinationReport& each) {
            return each.database == theirs.database &&
                   each.retention_policy == theirs.retention_policy &&
                   each.subscription == theirs.subscription &&
                   each.destination == theirs.destination;
        });
        if (ours == destinations.end()) {
            destinations.push_back(theirs);
        } else {
            ours->counts.points_written += theirs.counts.points_written;
            ours->counts.write_failures += theirs.counts.write_failures;
        }
    }
}

Subscriber::Subscriber(engine::Core& core, const Config& config, std::uint32_t core_count)
    : core_(core),
      trust_([&config] { return load_trust(config.subscriber); }),
      enabled_(config.subscriber.enabled) {
    limits_.timeout_ns = config.subscriber.http_timeout.ns;
    limits_.writes_max = std::max<std::uint64_t>(1, config.subscriber.write_buffer_size);
    limits_.bytes_max = kQueueBytesMax / core_count;
    limits_.senders_max =
        std::max<std::uint64_t>(1, config.subscriber.write_concurrency / core_count);
    if (enabled_) core_.set_write_listener(this);
}

Subscriber::~Subscriber() = default;

// By the address of the subscription in the catalog. It stays the same from snapshot to snapshot,
// as these share their parts, and it is not used again while the forwarder holds the subscription:
// one that was dropped and made anew is another.
Forwarder& Subscriber::forwarder_of(const std::shared_ptr<const meta::Subscription>& subscription) {
    std::unique_ptr<Forwarder>& forwarder = forwarders_[subscription.get()];
    if (forwarder == nullptr) {
        forwarder = std::make_unique<Forwarder>(core_.reactor(), subscription, limits_, trust_);
    }
    return *forwarder;
}

// Before the write, because the batch refers to the body and the head, which may both be gone
// behind it. The text is made once for all subscriptions, and not at all where none has room.
std::string Subscriber::capture(const engine::WriteTarget& target, const model::PointBatch& batch,
                                const model::SeriesIndex& index) {
    std::string lines;
    const bool wanted = std::ranges::any_of(
        target.policy->subscriptions,
        [this](const auto& subscription) { return forwarder_of(subscription).has_room(0); });
    if (wanted) ingest::append_lines(lines, batch, index);
    return lines;
}

// After the write, in its turn: what was refused is not forwarded. Nothing here waits, so a slow
// destination never holds a writer; it costs its own queue.
void Subscriber::accepted(const engine::WriteTarget& target, std::string captured,
                          std::uint64_t rows) {
    if (core_.catalog()->version != catalog_version_) forget_dropped();
    ForwardedWrite write{target.database->name, target.policy->name, nullptr, rows};
    if (!captured.empty()) {
        write.lines = std::make_shared<const std::string>(std::move(captured));
    }
    bool dropped = false;
    for (const auto& subscription : target.policy->subscriptions) {
        dropped = !forwarder_of(subscription).add(write) || dropped;
    }
    ++(dropped ? writes_dropped_ : writes_offered_);
}

// Subscriptions that have left the catalog end with what they have in their queues.
void Subscriber::forget_dropped() {
    const auto catalog = core_.catalog();
    catalog_version_ = catalog->version;
    std::set<const meta::Subscription*> present;
    for (const auto& database : catalog->databases) {
        for (const auto& policy : database->retention_policies) {
            for (const auto& each : policy->subscriptions) present.insert(each.get());
        }
    }
    for (auto it = forwarders_.begin(); it != forwarders_.end();) {
        if (present.contains(it->first)) {
            ++it;
            continue;
        }
        retired_.points_written += it->second->counts().points_written;
        retired_.write_failures += it->second->counts().write_failures;
        retiring_.spawn(retire(std::move(it->second)));
        it = forwarders_.erase(it);
    }
}

io::Task<void> Subscriber::retire(std::unique_ptr<Forwarder> forwarder) {
    co_await forwarder->stop();
}

SubscriberReport Subscriber::report() const {
    SubscriberReport report;
    report.total = retired_;
    report.writes_offered = writes_offered_;
    report.writes_dropped = writes_dropped_;
    for (const auto& [key, forwarder] : forwarders_) {
        report.total.points_written += forwarder->counts().points_written;
        report.total.write_failures += forwarder->counts().write_failures;
    }
    const auto catalog = core_.catalog();
    for (const auto& database : catalog->databases) {
        for (const auto& policy : database->retention_policies) {
            for (const auto& each : policy->subscriptions) {
                const auto found = forwarders_.find(each.get());
                for (std::size_t i = 0; i < each->destinations.size(); ++i) {
                    report.destinations.push_back(
                        {database->name, policy->name, each->name,
                         meta::subscription_mode_text(each->mode), each->destinations[i],
                         found == forwarders_.end() ? Forwarder::DestinationCounts()
                                                    : found->second->destination_counts()[i]});
                }
            }
        }
    }
    return report;
}

io::Task<void> Subscriber::stop() {
    core_.set_write_listener(nullptr);
    for (auto& [key, forwarder] : forwarders_) co_await forwarder->stop();
    co_await retiring_.close();
}

}  // namespace sluice::server
