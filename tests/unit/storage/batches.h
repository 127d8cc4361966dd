// Batches for tests of the storage room, row by row.
#pragma once

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "sluice/model/point_batch.h"
#include "sluice/model/series_index.h"

namespace sluice::storage {

struct TestField {
    std::string name;
    model::FieldType type = model::FieldType::kFloat;
    std::string text;  // as in line protocol, without suffix or quotes
};

inline TestField number(std::string name, double value) {
    return {std::move(name), model::FieldType::kFloat, std::to_string(value)};
}
inline TestField text(std::string name, std::string value) {
    return {std::move(name), model::FieldType::kString, std::move(value)};
}
inline TestField flag(std::string name, bool value) {
    return {std::move(name), model::FieldType::kBoolean, value ? "t" : "f"};
}

// The fields outlive the batch: strings are not copied.
inline void add_row(model::PointBatch& batch, model::SeriesIndex& index, model::ShardGroupId group,
                    const std::string& key, model::Timestamp time,
                    const std::vector<TestField>& fields) {
    const model::SeriesId series = index.add_series(key);
    model::ShardSlot slot;
    slot.range = {static_cast<model::Timestamp>(group) * 1000,
                  static_cast<model::Timestamp>(group + 1) * 1000};
    slot.group = group;
    model::BatchTable& table = batch.table(index.measurement(series), slot);
    const std::uint32_t row = table.rows();
    table.series.push_back(series);
    table.times.push_back(time);
    table.lines.push_back(row + 1);
    for (const TestField& field : fields) {
        model::BatchColumn& column = table.column(field.name, field.type);
        if (field.type == model::FieldType::kFloat) {
            column.set_word(row, std::bit_cast<std::uint64_t>(std::stod(field.text)));
        } else if (field.type == model::FieldType::kString) {
            column.set_text(row, field.text);
        } else {
            column.set_flag(row, field.text == "t");
        }
    }
}

}  // namespace sluice::storage
