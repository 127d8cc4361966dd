// Streams of rows. They are the answer of a SELECT, whether a client reads it, the target of INTO,
// or the query around it.
#pragma once

#include <vector>

#include "query/points/point_cursor.h"

namespace sluice::query {

struct RowBlock {
    struct Row {
        const TagSet* tags = nullptr;
        model::Timestamp time = 0;
    };

    std::vector<Row> rows;
    std::vector<Value> values;  // of one row after the other, by column

    void clear() {
        rows.clear();
        values.clear();
    }
};

class RowCursor {
public:
    virtual ~RowCursor() = default;

    // Fills `block` with the next rows, at least one, or returns false when there are no more.
    // Strings are valid until the next call.
    virtual io::Task<Result<bool>> next(RowBlock& block) = 0;
    // Whether next() may have more rows although it has just said that there are none; see
    // PointCursor::may_resume().
    virtual bool may_resume() const = 0;
};

}  // namespace sluice::query
