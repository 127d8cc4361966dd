#include "server/services/rate_limits.h"

#include <algorithm>

namespace sluice::server {

RateLimits::Limit::Limit(const LimitSettings& settings)
    : points(settings.points_per_second, settings.points_burst),
      bytes(settings.bytes_per_second, settings.bytes_burst) {}

RateLimits::RateLimits(const std::vector<LimitSettings>& settings) : settings_(settings) {
    for (const LimitSettings& each : settings) limits_.push_back(std::make_unique<Limit>(each));
}

// A look at each table: there are a handful of them, and the numbers go with the request to core 0.
RateLimits::Fitting RateLimits::fitting(std::string_view database, std::string_view user) const {
    Fitting fitting;
    for (std::uint32_t i = 0; i < settings_.size(); ++i) {
        const LimitSettings& each = settings_[i];
        if (!each.database.empty() && each.database != database) continue;
        if (!each.user.empty() && each.user != user) continue;
        fitting.push_back(i);
    }
    return fitting;
}

// The longest wait counts, because a write must satisfy all limits that fit it. Nothing is taken
// yet: how much the write brings is known only when its body has been parsed.
unsigned RateLimits::wait_s(const Fitting& limits, std::int64_t now_ns) {
    unsigned longest_s = 0;
    Limit* strictest = nullptr;
    for (const std::uint32_t number : limits) {
        Limit& limit = *limits_[number];
        const unsigned wait = std::max(limit.points.wait_s(now_ns), limit.bytes.wait_s(now_ns));
        if (wait <= longest_s) continue;
        longest_s = wait;
        strictest = &limit;
    }
    if (strictest != nullptr) strictest->refused.add();
    return longest_s;
}

// May go into debt: a large write is taken as a whole, and what it was too much makes the next
// wait.
void RateLimits::charge(const Fitting& limits, std::uint64_t points, std::uint64_t bytes,
                        std::int64_t now_ns) {
    for (const std::uint32_t number : limits) {
        limits_[number]->points.charge(points, now_ns);
        limits_[number]->bytes.charge(bytes, now_ns);
    }
}

}  // namespace sluice::server
