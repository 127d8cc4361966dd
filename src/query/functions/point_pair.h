// A PointPair is the two points that a difference is made of: the last one and the one before it.
#pragma once

#include "query/expr/point.h"

namespace sluice::query {

class PointPair {
public:
    // Adds a point. Of several points of one time, which series that are joined may have, only the
    // first counts.
    void add(const Point& point) {
        if (has_now_ && now_.time == point.time) return;
        before_ = now_;
        fresh_ = has_now_;
        now_ = point;
        has_now_ = true;
    }

    // Returns whether there are two points that have not been consumed.
    bool is_fresh() const { return fresh_; }
    void consume() { fresh_ = false; }

    const Point& before() const { return before_; }
    const Point& now() const { return now_; }

private:
    Point before_;
    Point now_;
    bool has_now_ = false;
    bool fresh_ = false;
};

}  // namespace sluice::query
