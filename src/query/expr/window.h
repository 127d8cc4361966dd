// GROUP BY time(): which interval a time belongs to (query/iterator.go: IteratorOptions.Window).
#pragma once

#include <cstdint>

#include "query/expr/time_zone.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

// Windows are counted from 1970-01-01T00:00:00 plus the offset, in UTC or in the zone's local time.
// Times near the ends of what 64 bits hold are met by queries without bounds, so nothing here may
// overflow: a window that would begin or end out there is cut off.
struct Window {
    // [begin, end)
    struct Span {
        model::Timestamp begin = 0;
        model::Timestamp end = 0;
    };

    std::int64_t interval_ns = 0;  // 0: one window for everything
    std::int64_t offset_ns = 0;
    // Of the one window without interval.
    model::Timestamp whole_start = model::kTimestampMin;
    // Windows begin at the hours and days of this zone. Outlives the window; null is UTC.
    const TimeZone* zone = nullptr;

    bool is_whole() const { return interval_ns == 0; }
    bool has_zone() const { return zone != nullptr; }
    std::int64_t zone_offset(model::Timestamp t) const {
        return zone == nullptr ? 0 : zone->offset_ns(t);
    }

    // Start of the window of `t`. Windows that would begin before the smallest timestamp begin
    // there.
    model::Timestamp start_of(model::Timestamp t) const {
        if (is_whole()) return whole_start;
        if (zone != nullptr) return span_in_zone(t).begin;
        // How far `t` lies within its window, from remainders alone: a difference with the offset
        // could leave 64 bits.
        std::int64_t into = remainder(t) - (offset_ns == 0 ? 0 : remainder(offset_ns));
        if (into < 0) into += interval_ns;
        if (model::kTimestampMin + into >= t) return model::kTimestampMin;
        return t - into;
    }
    // One past the last time of the window that begins at `start`.
    model::Timestamp end_of(model::Timestamp start) const {
        if (!is_whole() && zone != nullptr) return span_in_zone(start).end;
        if (is_whole() || start > model::kTimestampMax - interval_ns) {
            return model::kTimestampMax + 1;
        }
        if (start == model::kTimestampMin) {
            const std::int64_t next = start_of(start + interval_ns);
            return next > start ? next : start + interval_ns;
        }
        return start + interval_ns;
    }
    Span span_of(model::Timestamp t) const {
        if (!is_whole() && zone != nullptr) return span_in_zone(t);
        const model::Timestamp begin = start_of(t);
        return {begin, end_of(begin)};
    }

private:
    // In [0, interval_ns).
    std::int64_t remainder(std::int64_t value) const {
        const std::int64_t rest = value % interval_ns;
        return rest < 0 ? rest + interval_ns : rest;
    }
    Span span_in_zone(model::Timestamp t) const;
};

}  // namespace sluice::query
