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
#include <optional>
#include <string>
#include <vector>

#include "query/expr/evaluate.h"
#include "query/expr/fill.h"
#include "query/points/row_cursor.h"
#include "query/points/row_places.h"

namespace sluice::query {

class JoinedRows final : public RowCursor {
public:
    struct Stream {
        std::unique_ptr<PointCursor> points;
        std::vector<Place> value;      // at most one: where the value of a point goes
        std::vector<Place> auxiliary;  // where its auxiliary values go
    };
    struct Column {
        influxql::Expr expr;
        // Set for a name or a call by itself, which is shown as it is; everything else is computed.
        std::optional<std::uint32_t> place;
    };
    struct Options {
        Fill fill;
        bool ascending = true;
        RowPlaces places;  // of all names and calls of the columns
        std::vector<Column> columns;
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
    // One per column; null where the column has a place. They refer to texts of `options_`.
    std::vector<std::unique_ptr<RowExpression>> expressions_;

    std::size_t rows_max_ = 0;  // of a block

    // True when the last rows have been passed on, and the next call says that they were the last.
    bool end_is_due_ = false;
    const TagSet* tags_ = nullptr;
    std::vector<Value> working_row_;
    std::vector<std::string> kept_strings_;
};

}  // namespace sluice::query
