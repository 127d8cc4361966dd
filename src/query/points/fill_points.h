// FillPoints gives each empty window of GROUP BY time() a point (query/iterator.gen.go:
// FillIterator).
//
// For each tag set it walks from window to window: `due_` is the start of the window whose point is
// due. A point of the input that lies at or before it is passed on; otherwise a point is made up.
// Tag sets without any point get no windows. A window that was filled makes the input be asked
// again, since InfluxDB's iterator does so; fill(linear) asks once more for the far end of its
// line.
//
// States: before the first point (tags_ is null); inside a tag set, with a window due; behind the
// last window of a tag set, until the reader has a point of another one. begin() enters a tag set,
// and everything below tags_ belongs to it. Windows are counted by adding the interval and not by
// asking the window of a time, because that is how InfluxDB counts them; where clocks change, the
// two differ (advance).
#pragma once

#include "query/expr/fill.h"
#include "query/expr/window.h"
#include "query/points/point_stage.h"

namespace sluice::query {

class FillPoints final : public PointStage {
public:
    struct Options {
        Fill fill;
        Window window;  // with an interval
        model::Timestamp time_min = 0;
        model::Timestamp time_max = 0;
        bool ascending = true;
        influxql::DataType type = influxql::DataType::kFloat;
        DataSource* source = nullptr;  // outlives the cursor
    };
    FillPoints(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width,
               const Options& options);

private:
    Step step(PointBlock& out) override;
    void begin(const TaggedPoint& point);
    bool has_windows_left() const;
    bool looks_ahead();
    void advance();
    Value filled_value() const;
    Value linear_value() const;
    void remember(const TaggedPoint& point);
    void release() override;

    const Options options_;
    model::Timestamp first_ = 0;
    model::Timestamp last_ = 0;

    // The tag set at work (null before the first point), and the start of the window that is due.
    const TagSet* tags_ = nullptr;
    model::Timestamp due_ = 0;
    bool exhausted_ = false;        // time has come to its end
    bool has_looked_ = false;       // the input was asked for the far end of the line already
    std::int64_t zone_offset_ = 0;  // at due_, in nanoseconds
    Point previous_;                // the last point that was passed on; its value is null before
    Arena text_{4 * 1024};          // of points that were the previous one, as long as the block
};

}  // namespace sluice::query
