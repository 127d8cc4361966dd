// WindowPoints carries out a reduction, with one reducer per window and tag set
// (query/iterator.gen.go: ReduceIterator).
//
// One window of one outer tag set is open at a time. Points go to the reducer of their tag set (a
// Part); the first point outside the window, of another outer tag set, or the end of the input
// closes it: every reducer prepares what it gives out, in slices of time, and then all points of
// the window are given out together, ordered by tag set or, for functions that keep the times of
// rows, by time if is_ordered is set.
//
// A window that gives nothing ends the cursor for once, as InfluxDB's iterator does, although the
// input may have more windows; may_resume() is therefore always true.
//
// States: no window is open (parts_ is empty); a window is open and takes points; the window is
// over and its parts prepare (prepared_ of them have); all have, and it is closed within one step.
// Only the point that follows, or the end of the input, tells that a window is over, and it stays
// in the reader for as long as the parts prepare: each step() comes to the same decision again.
//
// Strings and auxiliary rows of the points that reducers hold are copied to text_ and auxiliary_,
// because a window goes on over many blocks of the input. They are freed when nobody can refer to
// them any more: at once, if the window gave nothing, and otherwise when the block with its points
// has been used up, which the next call of next() tells (release).
#pragma once

#include <functional>
#include <unordered_map>

#include "query/expr/window.h"
#include "query/functions/reducer.h"
#include "query/points/point_stage.h"
#include "query/points/stream_points.h"

namespace sluice::query {

class WindowPoints final : public PointStage {
public:
    struct Options {
        Window window;
        model::Timestamp time_max = 0;  // the end of a window without interval
        bool ascending = true;
        // Points of a window are sorted by time across its tag sets.
        bool is_ordered = true;
        // Points get the time of the window instead of the time that their function gives them.
        bool sets_time = false;
        // The function gives out points that came in, so their auxiliary values are kept with them.
        bool keeps_auxiliary = false;
        std::size_t auxiliary_width = 0;
        std::uint64_t memory_bytes_max = 0;
        // Set for reducers that need time to prepare what they give out (forecasts); see
        // PointStage::source_.
        DataSource* source = nullptr;
    };
    WindowPoints(std::unique_ptr<PointCursor> input, MakeReducer make_reducer,
                 const Options& options);

    bool may_resume() const override { return true; }

private:
    struct Part {
        const TagSet* tags;
        std::unique_ptr<Reducer> reducer;
    };

    Step step(PointBlock& out) override;
    void release() override;
    std::uint64_t memory_bytes() const override;
    void open(const TaggedPoint& point);
    bool is_in_time(const TaggedPoint& point) const;
    bool is_inside(const TaggedPoint& point) const;
    void add(const TaggedPoint& point);
    bool prepare();
    Step close(PointBlock& out);

    const Options options_;
    const MakeReducer make_reducer_;

    // The window that is open, or was last. The next three are of it.
    bool is_open_ = false;
    const TagSet* outer_ = nullptr;
    model::Timestamp begin_ = 0;
    model::Timestamp end_ = 0;  // exclusive
    std::vector<Part> parts_;
    std::unordered_map<const TagSet*, std::size_t> part_of_;
    std::size_t current_ = 0;   // the part of the last point: the next one is mostly of it, too
    std::size_t prepared_ = 0;  // so many parts, the first ones, are ready to give out points
    std::uint64_t prepared_bytes_ = 0;

    // The auxiliary values and strings that the reducers refer to. When a block refers to text_ it
    // has been passed on, and text_ is cleared by the release() that follows.
    std::vector<Value> auxiliary_;
    Arena text_{4 * 1024};
    bool has_text_ = false;           // text_ has strings of the open window
    bool text_is_passed_on_ = false;  // the block that was given out last refers to text_

    // Used within close() only; members, so that their memory is kept.
    std::vector<Point> ready_;
    std::vector<TaggedPoint> sorted_;
};

// The functions whose states merge, as a reducer: for points that come from a subquery.
std::unique_ptr<Reducer> make_mergeable_reducer(Function function, influxql::DataType argument);

}  // namespace sluice::query
