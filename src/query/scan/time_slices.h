// Cuts a time range into slices whose rows fit into memory, without knowing where the rows are.
//
// A slice that does not fit is cut to a quarter; one that leaves room makes the next one wider. If
// a slice was too wide, the slices that follow and find next to nothing go half of the way to its
// end. So a burst of rows in a long empty range costs a number of slices that is logarithmic in the
// ratio of the two, and slices over evenly spread rows settle where they fill a quarter of the
// memory or more. Each slice that is read moves on by a nanosecond at least: the walk ends.
#pragma once

#include <cstdint>

#include "sluice/model/timestamp.h"

namespace sluice::query {

// The width is learnt and not computed: where rows lie would have to be asked of every store, and
// retries cost less than they seem, since a job ends as soon as it meets its bound.
class TimeSlices {
public:
    TimeSlices() = default;
    // The first slice is `parts` times shorter than `all`, which may be empty. `ascending` says at
    // which end of `all` it lies.
    TimeSlices(model::TimeRange all, bool ascending, std::uint64_t parts = 1);

    bool at_end() const { return left_.empty(); }
    // The slice that is due; never empty before the end.
    model::TimeRange slice() const;
    // `taken`, which is what slice() returned or a part of it that begins at the same end, has been
    // read and took `bytes` of the `bytes_max` there are.
    void advance(const model::TimeRange& taken, std::uint64_t bytes, std::uint64_t bytes_max);
    // The slice does not fit. False: it is a single nanosecond and cannot be cut.
    bool narrow();

private:
    std::uint64_t length_left() const;  // nanoseconds
    std::uint64_t width() const;        // of slice()

    model::TimeRange left_{0, 0};  // what has not been read yet
    std::uint64_t width_ns_ = 0;   // unsigned: all of time is longer than an int64 counts
    // The far end of the last slice that did not fit, while rows are looked for; it counts while it
    // is ahead.
    model::Timestamp too_far_ = 0;
    bool ascending_ = true;
};

}  // namespace sluice::query
