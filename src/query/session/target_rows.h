// TargetRows are rows of a SELECT ... INTO on their way to the engine.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "query/expr/value.h"
#include "sluice/base/arena.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

// Points of one statement: they have the same fields, some of them null.
struct TargetRows {
    struct Row {
        std::uint32_t series = 0;  // of `series`
        model::Timestamp time = 0;
    };

    std::vector<std::string> fields;
    std::vector<std::string> series;  // canonical keys (model/series_key.h)
    std::vector<Row> rows;
    std::vector<Value> values;  // of one row after the other; at least one of each is not null
    Arena text{16 * 1024};

    const Value* row(std::size_t index) const { return values.data() + index * fields.size(); }
    void clear() {
        series.clear();
        rows.clear();
        values.clear();
        text.clear();
    }
};

}  // namespace sluice::query
