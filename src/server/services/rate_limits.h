// The RateLimits of the [[limits]] tables: how much a user or token, or whoever writes to a
// database, may write a second, and how many names it may bring.
//
// The buckets live on core 0, because a limit is one of the process; a write that no limit fits
// asks nobody. Which limits fit is known on every core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/limit_settings.h"
#include "server/services/token_bucket.h"
#include "sluice/base/metrics.h"
#include "sluice/engine/core.h"

namespace sluice::server {

class RateLimits {
public:
    // The numbers of [[limits]] tables that have a rate.
    using Fitting = std::vector<std::uint32_t>;

    explicit RateLimits(const std::vector<LimitSettings>& settings);

    // On any core.
    // `user` is Connection::user(), which is a name for a token, too.
    Fitting fitting(std::string_view database, std::string_view user) const;
    // Lowers the bounds of `target` to those of the tables that fit. On any core.
    void bound_names(engine::WriteTarget& target, std::string_view user) const;

    // On core 0. Returns 0 where the write may come, else the whole seconds until one may; then it
    // is counted as refused by the limit with the longest wait.
    unsigned wait_s(const Fitting& limits, std::int64_t now_ns);
    void charge(const Fitting& limits, std::uint64_t points, std::uint64_t bytes,
                std::int64_t now_ns);

    // Readable from any core.
    std::uint64_t refused(std::size_t limit) const { return limits_[limit]->refused.value(); }

private:
    bool fits(std::size_t limit, std::string_view database, std::string_view user) const;

    struct Limit {
        explicit Limit(const LimitSettings& settings);
        std::string user;  // or the name of a token; empty: any
        TokenBucket points;
        TokenBucket bytes;
        Counter refused;
    };

    const std::vector<LimitSettings>& settings_;
    std::vector<std::unique_ptr<Limit>> limits_;
};

}  // namespace sluice::server
