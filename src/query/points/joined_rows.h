// JoinedRows puts several streams of points side by side by time, which makes the rows of a SELECT
// (query/cursor.go: multiScannerCursor; query/iterator.gen.go: IteratorScanner).
//
// The working row has a place for every value that a column refers to. For each row, the nearest
// tag set and time among the streams is taken; streams that have a point there write it into their
// places, all others leave there what fill() says. Then the columns are computed from the working
// row. It is cleared when a new tag set begins, and keeps its values otherwise, which is what
// fill(previous) shows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/expr/evaluate.h"
#include "query/expr/fill.h"
#include "query/points/row_cursor.h"

namespace sluice::query {

// A value of the working row that expressions refer to, by its number.
struct Place {
    std::uint32_t number = 0;
    influxql::DataType type = influxql::DataType::kUnknown;
};

class JoinedRows final : public RowCursor {
public:
    struct Stream {
        std::unique_ptr<PointCursor> points;
        std::vector<Place> value;      // at most one: where the value of a point goes
        std::vector<Place> auxiliary;  // where its auxiliary values go
    };
    struct Options {
        Fill fill;
        bool ascending = true;
        std::uint32_t places = 0;
        // One per column; references name the number of a place.
        std::vector<influxql::Expr> columns;
    };
    JoinedRows(std::vector<Stream> streams, Options options);

    io::Task<Result<bool>> next(RowBlock& block) override;
    bool may_resume() const override;

private:
    struct Input {
        PointReader reader;
        std::vector<Place> value;
        std::vector<Place> auxiliary;
    };

    io::Task<Result<void>> refill_all();
    io::Task<Result<void>> ask_again();
    const TaggedPoint* nearest() const;
    void take(Input& input, const TagSet* tags, model::Timestamp time);
    void add_row(RowBlock& block);
    void keep_strings();

    const Options options_;
    const MissingValue missing_;
    std::vector<Input> inputs_;
    std::vector<std::unique_ptr<RowExpression>> expressions_;  // null: a place as it is, or nothing
    std::vector<int> shown_places_;                            // -1: none

    // True when the last rows have been passed on, and the next call says that they were the last.
    bool end_is_due_ = false;
    const TagSet* tags_ = nullptr;
    std::vector<Value> working_row_;
    std::vector<std::string> kept_strings_;
};

}  // namespace sluice::query
