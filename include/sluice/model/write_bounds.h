// The WriteBounds of a write are the times that its points may have: what the retention policy
// still keeps, and how far from the present it takes points at all (PAST LIMIT and FUTURE LIMIT,
// InfluxDB 1.12).
#pragma once

#include <algorithm>
#include <cstdint>

#include "sluice/model/timestamp.h"

namespace sluice::model {

// How far before and after the present a point may be. 0: any distance.
struct WriteLimits {
    std::int64_t past_ns = 0;
    std::int64_t future_ns = 0;
    bool any() const { return past_ns != 0 || future_ns != 0; }
    bool operator==(const WriteLimits&) const = default;
};

enum class WriteBound : std::uint8_t { kRetention, kPast, kFuture };

// For one request: the present does not move while it is served.
struct WriteBounds {
    std::int64_t duration_ns = 0;             // of the policy; 0: for ever
    Timestamp retention_min = kTimestampMin;  // what is earlier is not kept
    WriteLimits limits;
    Timestamp now = 0;

    // Inclusive. A limit of hundreds of years ends where times end.
    Timestamp past_min() const {
        if (limits.past_ns == 0 || now < kTimestampMin + limits.past_ns) return kTimestampMin;
        return now - limits.past_ns;
    }
    Timestamp future_max() const {
        if (limits.future_ns == 0 || now > kTimestampMax - limits.future_ns) return kTimestampMax;
        return now + limits.future_ns;
    }
    Timestamp time_min() const { return std::max(retention_min, past_min()); }

    // Of a time outside: the bound that it violates. Retention counts first, as in InfluxDB.
    WriteBound violated_by(Timestamp time) const {
        if (time < retention_min) return WriteBound::kRetention;
        return time < past_min() ? WriteBound::kPast : WriteBound::kFuture;
    }
};

}  // namespace sluice::model
