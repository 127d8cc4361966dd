// The DroppedPoints of a write are those that the limits of its policy kept out: how many, and the
// oldest and the newest by name, which is what InfluxDB 1.12 tells of them
// (coordinator/points_writer.go: ShardMapping).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/model/write_bounds.h"

namespace sluice::model {

class DroppedPoints {
public:
    struct Point {
        std::string key;  // of its series, as in line protocol
        Timestamp time = 0;
        WriteBound bound = WriteBound::kRetention;
    };

    explicit DroppedPoints(const WriteBounds& bounds) : bounds_(bounds) {}

    // `time` is outside of the bounds.
    void add(std::string_view series_key, Timestamp time) {
        const WriteBound bound = bounds_.violated_by(time);
        ++(bound == WriteBound::kRetention ? beyond_retention_ : outside_window_);
        if (!oldest_ || time < oldest_->time) oldest_ = Point{std::string(series_key), time, bound};
        if (!newest_ || time > newest_->time) newest_ = Point{std::string(series_key), time, bound};
    }

    const WriteBounds& bounds() const { return bounds_; }
    std::uint64_t beyond_retention() const { return beyond_retention_; }
    std::uint64_t outside_window() const { return outside_window_; }
    std::uint64_t count() const { return beyond_retention_ + outside_window_; }
    // Of at least one.
    const Point& oldest() const { return *oldest_; }
    const Point& newest() const { return *newest_; }

private:
    WriteBounds bounds_;
    std::uint64_t beyond_retention_ = 0;
    std::uint64_t outside_window_ = 0;
    std::optional<Point> oldest_;
    std::optional<Point> newest_;
};

}  // namespace sluice::model
