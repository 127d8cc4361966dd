// A TieBreaker finds what first() and last() select, without windows, if several series of a tag
// set have a value at the first or last time.
//
// InfluxDB then reads rows, in the order of its heap, with a limit of one, of which its storage
// lets one more through, and takes the greater value of those two (tsdb/engine/tsm1/engine.go:
// CreateIterator; iterator.gen.go: LimitIterator). Where GROUP BY names a tag twice, another limit
// counts, and the first row is it. With windows it is the greatest of all.
#pragma once

#include <memory>

#include "query/aggregate/aggregate.h"
#include "query/points/point_cursor.h"

namespace sluice::query {

class TieBreaker {
public:
    static std::int64_t rows_max(bool repeats_dimensions) { return repeats_dimensions ? 1 : 2; }

    // `rows` gives the tag sets in the order of the answer, and the rows of each tag set from the
    // first time on (for last(): from the last time backwards), in the order of InfluxDB's heap. It
    // is not read before there is a tie.
    TieBreaker(std::unique_ptr<PointCursor> rows, std::size_t auxiliary_width,
               const AggregateCall& call, std::int64_t rows_max)
        : width_(auxiliary_width),
          rows_(std::move(rows), auxiliary_width),
          call_(call),
          rows_max_(rows_max) {}

    // Replaces the value of point `number` of the block by the one that InfluxDB selects at `time`,
    // together with its auxiliary values. Tag sets are asked for in the order of the answer, each
    // once, so `rows` is read forwards only. Strings are valid until forget().
    io::Task<Result<void>> choose(PointBlock& block, std::size_t number, model::Timestamp time);
    void forget() { text_.clear(); }

private:
    void put(const TaggedPoint& row, TaggedPoint& point, PointBlock& block);

    const std::size_t width_;
    PointReader rows_;
    const AggregateCall call_;
    const std::int64_t rows_max_;  // of a tag set
    Arena text_{1024};
};

}  // namespace sluice::query
