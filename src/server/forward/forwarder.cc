#include "server/forward/forwarder.h"

#include <algorithm>

#include "sluice/base/log.h"

namespace sluice::server {
namespace {

// A sender without work keeps its connections this long.
constexpr std::int64_t kIdleNs = 10 * kSecondNs;

}  // namespace

// One task with a connection of its own to every destination.
struct Forwarder::Sender {
    std::vector<std::unique_ptr<DestinationClient>> clients;
};

Forwarder::Forwarder(io::Reactor& reactor, std::shared_ptr<const meta::Subscription> subscription,
                     const ForwardLimits& limits, TlsTrust& trust)
    : reactor_(reactor),
      subscription_(std::move(subscription)),
      limits_(limits),
      trust_(trust),
      counts_(subscription_->destinations.size()) {}

Forwarder::~Forwarder() = default;

bool Forwarder::has_room(std::size_t bytes) const {
    if (stopping_ || queue_.size() >= limits_.writes_max) return false;
    return queue_.empty() || queued_bytes_ + bytes <= limits_.bytes_max;
}

bool Forwarder::add(const ForwardedWrite& write) {
    if (write.lines == nullptr || !has_room(write.lines->size())) {
        ++total_.write_failures;
        return false;
    }
    queue_.push_back(write);
    queued_bytes_ += write.lines->size();
    if (senders_idle_ > 0) {
        added_.notify_one();
    } else if (senders_.size() < limits_.senders_max) {
        gate_.spawn(send_queued());
    }
    return true;
}

io::Task<void> Forwarder::stop() {
    stopping_ = true;
    queue_.clear();
    queued_bytes_ = 0;
    added_.notify_all();
    for (Sender* sender : senders_) {
        for (auto& client : sender->clients) client->give_up();
    }
    co_await gate_.close();
}

io::Task<void> Forwarder::send_queued() {
    Sender sender;
    for (const std::string& url : subscription_->destinations) {
        // It was checked when the subscription was made.
        sender.clients.push_back(std::make_unique<DestinationClient>(
            reactor_, meta::parse_destination(url).value(), limits_.timeout_ns, trust_));
    }
    senders_.push_back(&sender);
    co_await reactor_.switch_to(io::Share::kBackground);
    while (!stopping_) {
        if (queue_.empty()) {
            ++senders_idle_;
            const bool more = co_await added_.wait_until(reactor_.monotonic_ns() + kIdleNs);
            --senders_idle_;
            if (!more && queue_.empty()) break;
            continue;
        }
        ForwardedWrite write = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= write.lines->size();
        co_await deliver(sender, std::move(write));
    }
    std::erase(senders_, &sender);
    for (auto& client : sender.clients) co_await client->close();
}

// ALL goes once around the destinations, ANY ends at the first that takes the write; each write
// begins one further on. The way around is the write's own: in InfluxDB writes under way at the
// same time share it (services/subscriber/service.go: balancewriter), and one may then reach a
// destination twice and miss another.
io::Task<void> Forwarder::deliver(Sender& sender, ForwardedWrite write) {
    bool failed = false;
    const std::size_t first = next_destination_;
    next_destination_ = (first + 1) % sender.clients.size();
    for (std::size_t tried = 0; tried < sender.clients.size(); ++tried) {
        const std::size_t index = (first + tried) % sender.clients.size();
        const Result<void> written = co_await sender.clients[index]->write(write);
        if (stopping_) co_return;
        if (written.ok()) {
            counts_[index].points_written += write.points;
            if (subscription_->mode == meta::SubscriptionMode::kAny) break;
            continue;
        }
        failed = true;
        ++counts_[index].write_failures;
        if (written.error().message != last_error_) {
            last_error_ = written.error().message;
            log_warn("a subscription's destination does not take a write",
                     {{"subscription", subscription_->name}, {"error", last_error_}});
        }
    }
    if (failed) {
        ++total_.write_failures;
    } else {
        total_.points_written += write.points;
    }
}

}  // namespace sluice::server
