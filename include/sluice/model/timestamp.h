// Points in time: nanoseconds since the Unix epoch, UTC, signed.
#pragma once

#include <cstdint>
#include <limits>

#include "sluice/base/units.h"

namespace sluice::model {

using Timestamp = std::int64_t;

// InfluxDB keeps the extremes of int64 for itself (models/time.go: MinNanoTime, MaxNanoTime).
inline constexpr Timestamp kTimestampMin = std::numeric_limits<Timestamp>::min() + 2;
inline constexpr Timestamp kTimestampMax = std::numeric_limits<Timestamp>::max() - 1;

// Half open: begin <= t < end.
struct TimeRange {
    Timestamp begin = kTimestampMin;
    Timestamp end = kTimestampMax + 1;

    bool contains(Timestamp t) const { return begin <= t && t < end; }
    bool empty() const { return begin >= end; }
    bool overlaps(const TimeRange& other) const { return begin < other.end && other.begin < end; }
    bool operator==(const TimeRange&) const = default;
};

// The unit of the timestamps in a request: nanoseconds per unit.
enum class Precision : std::int64_t {
    kNanosecond = 1,
    kMicrosecond = kMicrosecondNs,
    kMillisecond = kMillisecondNs,
    kSecond = kSecondNs,
    kMinute = kMinuteNs,
    kHour = kHourNs,
};

// The largest multiple of `duration_ns` not after `t`, counted from 0001-01-01 00:00 UTC as Go's
// Time.Truncate does; a week therefore begins on Monday. `duration_ns` is positive.
Timestamp truncate_as_go(Timestamp t, std::int64_t duration_ns);

}  // namespace sluice::model
