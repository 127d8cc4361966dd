// A TokenBucket says whether something that has a rate may go on, and when.
//
// It is charged afterwards, because what a request costs shows when it has been read: a request is
// let in while the bucket is not empty, and may leave a debt, which is paid off at the rate before
// the next one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "sluice/base/units.h"

namespace sluice::server {

class TokenBucket {
public:
    // `rate` a second, 0 for any; `burst` at once, 0 for what comes in a second. It begins full.
    TokenBucket(std::uint64_t rate, std::uint64_t burst)
        : rate_(static_cast<double>(rate)),
          burst_(static_cast<double>(burst == 0 ? rate : burst)),
          level_(burst_) {}

    // Returns 0 where another one may come, else the whole seconds until one may.
    unsigned wait_s(std::int64_t now_ns) {
        if (rate_ == 0) return 0;
        refill(now_ns);
        return level_ > 0 ? 0 : 1 + static_cast<unsigned>(std::min(-level_ / rate_, kWaitMaxS));
    }
    void charge(std::uint64_t amount, std::int64_t now_ns) {
        if (rate_ == 0) return;
        refill(now_ns);
        level_ -= static_cast<double>(amount);
    }

private:
    static constexpr double kWaitMaxS = 3600;

    void refill(std::int64_t now_ns) {
        const double passed_s =
            static_cast<double>(now_ns - filled_ns_) / static_cast<double>(kSecondNs);
        if (filled_ns_ != 0 && passed_s > 0) level_ = std::min(burst_, level_ + rate_ * passed_s);
        filled_ns_ = now_ns;
    }

    const double rate_;
    const double burst_;
    double level_;
    std::int64_t filled_ns_ = 0;
};

}  // namespace sluice::server
