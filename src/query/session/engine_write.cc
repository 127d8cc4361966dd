#include "query/session/engine_write.h"

#include <optional>

#include "sluice/engine/core.h"
#include "sluice/io/reactor.h"
#include "sluice/model/dropped_points.h"
#include "sluice/model/errors.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/series_index.h"
#include "sluice/model/series_key.h"
#include "sluice/query/dropped_points_text.h"

namespace sluice::query {
namespace {

// InfluxDB's bound (models/points.go: MaxKeyLength).
constexpr std::size_t kKeyBytesMax = 65535;
// What is stored already may be stored again, however strict the server is with writes now.
using storage::kStringBytesMax;

// Rows that are not written, and why. InfluxDB names the first reason and how many rows there are.
struct Refusals {
    std::uint64_t beyond_retention = 0;
    std::optional<model::DroppedPoints> dropped_points;  // where the policy has write limits
    std::uint64_t dropped = 0;
    std::string first_reason;

    void drop(std::string reason) {
        if (dropped++ == 0) first_reason = std::move(reason);
    }
};

std::optional<std::string> refusal_of_key(const std::string& key) {
    if (key.size() > kKeyBytesMax) {
        return model::key_too_long(key.size(), kKeyBytesMax);
    }
    const model::SeriesName name = model::parse_series_key(key);
    if (name.tag_value("time").empty()) return std::nullopt;
    return "invalid tag key: input tag \"time\" on measurement \"" + name.measurement +
           "\" is invalid";
}

std::optional<std::string> refusal_of_values(const TargetRows& rows, std::size_t row) {
    for (std::size_t i = 0; i < rows.fields.size(); ++i) {
        const Value& value = rows.row(row)[i];
        if (value.kind() != Value::Kind::kString) continue;
        const std::size_t size = value.as_string().size();
        if (size <= kStringBytesMax) continue;
        const std::string& key = rows.series[rows.rows[row].series];
        return "input field \"" + rows.fields[i] + "\" on measurement \"" +
               model::parse_series_key(key).measurement + "\" is too long, " +
               std::to_string(size) + " > " + std::to_string(kStringBytesMax);
    }
    return std::nullopt;
}

void set_value(model::BatchTable& table, std::uint32_t row, const std::string& field,
               const Value& value) {
    using model::FieldType;
    switch (value.kind()) {
        case Value::Kind::kFloat:
            table.column(field, FieldType::kFloat).set_word(row, value.word());
            break;
        case Value::Kind::kInteger:
            table.column(field, FieldType::kInteger).set_word(row, value.word());
            break;
        case Value::Kind::kUnsigned:
            table.column(field, FieldType::kUnsigned).set_word(row, value.word());
            break;
        case Value::Kind::kString:
            table.column(field, FieldType::kString).set_text(row, value.as_string());
            break;
        case Value::Kind::kBoolean:
            table.column(field, FieldType::kBoolean).set_flag(row, value.as_boolean());
            break;
        case Value::Kind::kNull:
            break;
    }
}

// Puts the rows that may be written into the batch.
void fill_batch(engine::Core& core, const engine::WriteTarget& target, const TargetRows& rows,
                model::PointBatch& batch, Refusals& refusals) {
    model::SeriesIndex& index = core.series_index();
    std::vector<std::optional<std::string>> bad_keys;
    std::vector<model::SeriesId> series;
    for (const std::string& key : rows.series) {
        bad_keys.push_back(refusal_of_key(key));
        series.push_back(bad_keys.back() ? model::SeriesId{0} : index.add_series(key));
    }
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
        const TargetRows::Row& row = rows.rows[i];
        if (!target.shards.takes(row.time)) {
            ++refusals.beyond_retention;
            if (const model::WriteBounds* const bounds = target.shards.bounds()) {
                if (!refusals.dropped_points) refusals.dropped_points.emplace(*bounds);
                refusals.dropped_points->add(rows.series[row.series], row.time);
            }
            continue;
        }
        std::optional<std::string> refusal = bad_keys[row.series];
        if (!refusal) refusal = refusal_of_values(rows, i);
        if (refusal) {
            refusals.drop(std::move(*refusal));
            continue;
        }
        const model::SeriesId id = series[row.series];
        model::BatchTable& table = batch.table(index.measurement(id), target.shards.find(row.time));
        const std::uint32_t number = table.rows();
        table.series.push_back(id);
        table.times.push_back(row.time);
        table.lines.push_back(static_cast<std::uint32_t>(i + 1));
        for (std::size_t field = 0; field < rows.fields.size(); ++field) {
            set_value(table, number, rows.fields[field], rows.row(i)[field]);
        }
    }
    batch.finish();
}

Error partial_write(std::string_view reason, std::uint64_t dropped) {
    return {ErrorKind::kInvalid, model::partial_write(reason, dropped)};
}

}  // namespace

io::Task<Result<void>> write_rows(engine::Core& core, std::string database, std::string policy,
                                  const TargetRows& rows) {
    model::PointBatch batch;
    std::vector<model::Rejection> rejections;
    // Series numbers belong to a head: where it has changed, the batch is made anew
    // (engine/core.h).
    for (;;) {
        SLUICE_CO_TRY(engine::WriteTarget target, core.resolve(database, policy));
        batch.clear();
        rejections.clear();
        Refusals refusals;
        fill_batch(core, target, rows, batch, refusals);
        engine::WriteOutcome outcome;
        if (batch.row_count() != 0) outcome = co_await core.write(target, batch, rejections);
        if (outcome.status == engine::WriteStatus::kParseAgain) continue;
        if (outcome.status == engine::WriteStatus::kFailed) co_return outcome.error;
        if (outcome.rows_rejected != 0 && !rejections.empty()) {
            co_return partial_write(rejections.front().message,
                                    refusals.dropped + outcome.rows_rejected);
        }
        if (refusals.dropped != 0) {
            co_return partial_write(refusals.first_reason, refusals.dropped);
        }
        if (refusals.dropped_points) {
            co_return partial_write(dropped_points_text(*refusals.dropped_points),
                                    refusals.dropped_points->count());
        }
        if (refusals.beyond_retention != 0) {
            co_return partial_write(model::kBeyondRetention, refusals.beyond_retention);
        }
        co_return Result<void>();
    }
}

}  // namespace sluice::query
