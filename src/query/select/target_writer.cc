#include "query/select/target_writer.h"

#include <algorithm>
#include <cmath>

#include "query/points/point_cursor.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

// InfluxDB writes as many at once.
constexpr std::size_t kRowsPerWrite = 10'000;
// Strings and series may be large: a write is held in memory twice, here and as a batch.
constexpr std::size_t kTextBytesPerWrite = 4u << 20;

// A field that is not a number is left out of its point; an infinite one keeps the whole point from
// being written (TargetWriter::add).
bool can_be_written(const Value& value) {
    if (value.is_null()) return false;
    return value.kind() != Value::Kind::kFloat || std::isfinite(value.as_float());
}

bool is_infinite(const Value& value) {
    return value.kind() == Value::Kind::kFloat && std::isinf(value.as_float());
}

}  // namespace

TargetWriter::TargetWriter(DataSource& source, const influxql::Measurement& target,
                           const Grouping& grouping, const std::vector<std::string>& columns)
    : source_(source), target_(target), grouping_(grouping), width_(columns.size()) {
    // Fields are in the order of their names, in which the fields of a point are checked.
    for (std::size_t i = 0; i < columns.size(); ++i) column_of_field_.push_back(i);
    std::sort(column_of_field_.begin(), column_of_field_.end(),
              [&](std::size_t a, std::size_t b) { return columns[a] < columns[b]; });
    for (const std::size_t column : column_of_field_) pending_.fields.push_back(columns[column]);
}

io::Task<Result<void>> TargetWriter::write(const RowBlock& block) {
    for (std::size_t row = 0; row < block.rows.size(); ++row) {
        add(block, row);
        const bool is_full = pending_.rows.size() >= kRowsPerWrite ||
                             pending_.text.memory_bytes() > kTextBytesPerWrite;
        if (!is_full) continue;
        Result<void> written = co_await finish();
        if (!written.ok()) co_return std::move(written).error();
    }
    co_return Result<void>();
}

// A row without a value is no point, and neither is one with a value that cannot be written.
void TargetWriter::add(const RowBlock& block, std::size_t row) {
    const Value* values = block.values.data() + row * width_;
    bool has_value = false;
    for (const std::size_t column : column_of_field_) {
        if (is_infinite(values[column])) return;
        has_value = has_value || can_be_written(values[column]);
    }
    if (!has_value) return;
    for (const std::size_t column : column_of_field_) {
        const Value& value = values[column];
        pending_.values.push_back(can_be_written(value) ? keep_value(pending_.text, value)
                                                        : Value());
    }
    pending_.rows.push_back({series_of(block.rows[row].tags), block.rows[row].time});
}

std::uint32_t TargetWriter::series_of(const TagSet* tags) {
    const auto [entry, is_new] =
        series_.try_emplace(tags, static_cast<std::uint32_t>(pending_.series.size()));
    if (is_new) {
        std::vector<model::Tag> written;
        const std::vector<std::string>& names = grouping_.group_by();
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!tags->values[i].empty()) written.push_back({names[i], tags->values[i]});
        }
        const std::string& name = target_.name.empty() ? tags->name : target_.name;
        pending_.series.push_back(model::make_series_key(name, written));
    }
    return entry->second;
}

io::Task<Result<void>> TargetWriter::finish() {
    if (pending_.rows.empty()) co_return Result<void>();
    Result<void> written =
        co_await source_.write(target_.database, target_.retention_policy, pending_);
    if (!written.ok()) co_return std::move(written).error();
    rows_written_ += pending_.rows.size();
    pending_.clear();
    series_.clear();
    co_return Result<void>();
}

}  // namespace sluice::query
