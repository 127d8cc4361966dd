// Streams of rows: the answer of a SELECT, whoever reads it - a client, a target, a query around
// it.
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

    // The next rows, at least one; false: there are no more. Strings are valid until the next call.
    virtual io::Task<Result<bool>> next(RowBlock& block) = 0;
    // As PointCursor has it.
    virtual bool may_resume() const = 0;
};

}  // namespace sluice::query
