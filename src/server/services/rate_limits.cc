#include "server/services/rate_limits.h"

#include <algorithm>
#include <optional>

#include "sluice/meta/bucket.h"
#include "sluice/meta/principal.h"

namespace sluice::server {

namespace {

// What Connection::user() is for a token.
std::string token_name(const LimitSettings& settings) {
    const std::optional<std::uint64_t> id = meta::parse_id(settings.token);
    return id ? meta::token_name(*id) : std::string();
}

}  // namespace

RateLimits::Limit::Limit(const LimitSettings& settings)
    : user(settings.token.empty() ? settings.user : token_name(settings)),
      points(settings.points_per_second, settings.points_burst),
      bytes(settings.bytes_per_second, settings.bytes_burst) {}

RateLimits::RateLimits(const std::vector<LimitSettings>& settings) : settings_(settings) {
    for (const LimitSettings& each : settings) limits_.push_back(std::make_unique<Limit>(each));
}

bool RateLimits::fits(std::size_t limit, std::string_view database, std::string_view user) const {
    if (!settings_[limit].database.empty() && settings_[limit].database != database) return false;
    return limits_[limit]->user.empty() || limits_[limit]->user == user;
}

void RateLimits::bound_names(engine::WriteTarget& target, std::string_view user) const {
    const auto lower = [](std::uint64_t& bound, std::uint64_t to) {
        if (to != 0 && (bound == 0 || to < bound)) bound = to;
    };
    for (std::size_t i = 0; i < settings_.size(); ++i) {
        if (!fits(i, target.database->name, user)) continue;
        lower(target.series_max, settings_[i].max_series);
        lower(target.fields_max, settings_[i].max_fields);
    }
}

// A look at each table: there are a handful of them, and the numbers go with the request to core 0.
RateLimits::Fitting RateLimits::fitting(std::string_view database, std::string_view user) const {
    Fitting fitting;
    for (std::uint32_t i = 0; i < settings_.size(); ++i) {
        if (settings_[i].has_rate() && fits(i, database, user)) fitting.push_back(i);
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
