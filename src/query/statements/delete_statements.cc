#include "query/statements/delete_statements.h"

#include <algorithm>
#include <optional>

#include "query/scan/core_session.h"
#include "query/scan/list_job.h"
#include "query/show/series_selection.h"
#include "query/statements/delete_condition.h"
#include "sluice/influxql/condition.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/model/errors.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

using namespace influxql;

Result<const meta::Database*> named_database(const meta::Catalog& catalog,
                                             const Defaults& defaults) {
    const meta::Database* database = catalog.find_database(defaults.database);
    if (database == nullptr) return model::database_not_found(defaults.database);
    return database;
}

// Any number of regular expressions that match nothing delete nothing, whatever the condition.
bool names_nothing(const std::vector<Source>& sources, const meta::Catalog& catalog) {
    if (sources.empty()) return false;
    for (const Source& source : sources) {
        if (!source.measurement()->regex) return false;
    }
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            for (const std::string& name : measurement_names(*policy, {})) {
                if (names_measurement(sources, name)) return false;
            }
        }
    }
    return true;
}

model::TimeRange range_of(const TimeBounds& time) {
    model::TimeRange range;
    if (time.min) range.begin = to_nanoseconds(*time.min);
    if (time.max) range.end = to_nanoseconds(*time.max) + 1;
    return range;
}

const meta::MeasurementSchema* schema_in(const meta::Database& database, model::ShardGroupId id,
                                         std::string_view measurement) {
    for (const auto& policy : database.retention_policies) {
        for (const auto& group : policy->shard_groups) {
            if (group->id == id) return group->measurements.find(measurement);
        }
    }
    return nullptr;
}

DeleteCondition compile_for(const ExprBox& condition, const meta::MeasurementSchema* schema) {
    return compile_delete_condition(condition, [schema](std::string_view name) {
        return schema != nullptr && schema->find_field(name) != nullptr;
    });
}

// Measurements in groups where the condition may not be about tags alone. A delete is stored as a
// predicate on tags, which cannot say anything about fields. InfluxDB refuses fields only if a
// series is met that the tags do not decide, so these are the series to look at.
std::vector<PlannedSource> doubtful_sources(const meta::Database& database,
                                            const std::vector<Source>& sources,
                                            const ExprBox& condition) {
    std::vector<std::string> references;
    if (condition) {
        walk(*condition, [&](const Expr& part) {
            if (const auto* ref = part.as<VarRef>()) references.push_back(ref->name);
        });
    }
    const bool always = compile_for(condition, nullptr).has_leftovers;
    std::map<std::string, PlannedSource> doubtful;
    for (const auto& policy : database.retention_policies) {
        for (const auto& group : policy->shard_groups) {
            group->measurements.for_each([&](const meta::MeasurementSchema& schema) {
                const bool about_field = std::any_of(
                    references.begin(), references.end(),
                    [&](const auto& name) { return schema.find_field(name) != nullptr; });
                if ((!always && !about_field) || !names_measurement(sources, schema.name)) return;
                PlannedSource& source = doubtful[schema.name];
                source.measurement = schema.name;
                source.groups.push_back({group->range, group->id});
            });
        }
    }
    std::vector<PlannedSource> listed;
    for (auto& [name, source] : doubtful) listed.push_back(std::move(source));
    return listed;
}

// Which name of the condition is that of a field; empty where none is.
std::string field_in(const ExprBox& condition, const meta::MeasurementSchema* schema) {
    std::string field;
    if (!condition || schema == nullptr) return field;
    walk(*condition, [&](const Expr& part) {
        const auto* ref = part.as<VarRef>();
        if (field.empty() && ref != nullptr && schema->find_field(ref->name) != nullptr) {
            field = ref->name;
        }
    });
    return field;
}

// InfluxDB's words, and what they are about.
Error field_refusal(model::ShardGroupId shard, const std::string& measurement,
                    const std::string& field) {
    std::string text =
        "shard " + std::to_string(shard) + ": fields not supported in WHERE clause during deletion";
    if (!field.empty()) {
        text += ": \"" + field + "\" is a field of measurement \"" + measurement + "\"";
    }
    return Error{ErrorKind::kInvalid, std::move(text)};
}

// A field in the condition matters only where a series is left that the tags do not decide. The
// lowest shard that has one is named, whichever core finds it first.
io::Task<Result<void>> refuse_fields(StatementContext& context, const meta::Database& database,
                                     const std::vector<PlannedSource>& sources,
                                     const ExprBox& condition) {
    std::vector<CoreSession> sessions(context.source.core_count());
    ListJob list(sources, Listing::kSeries, context.limits.memory_bytes_max / 2, sessions);
    SLUICE_CO_TRY_VOID(co_await context.source.run_on_every_core(list));
    std::optional<model::ShardGroupId> shard;
    std::string measurement;
    for (const CoreSession& session : sessions) {
        for (const Piece& piece : session.pieces) {
            const PlannedSource& source = sources[piece.source];
            const model::ShardGroupId group = source.groups[piece.group].group;
            const DeleteCondition compiled =
                compile_for(condition, schema_in(database, group, source.measurement));
            const auto& keys = piece.series.keys();
            const bool found = std::any_of(keys.begin(), keys.end(), [&](std::string_view key) {
                return compiled.depends_on_fields(model::parse_series_key(key));
            });
            if (found && group < shard.value_or(group + 1)) {
                shard = group;
                measurement = source.measurement;
            }
            co_await context.source.breathe();
        }
    }
    if (!shard) co_return Result<void>();
    co_return field_refusal(*shard, measurement,
                            field_in(condition, schema_in(database, *shard, measurement)));
}

// DELETE and DROP SERIES (coordinator: executeDeleteSeriesStatement, tsdb/store.go: DeleteSeries).
io::Task<Result<void>> delete_series(StatementContext& context, std::vector<Source> sources,
                                     ExprBox where) {
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database, named_database(*catalog, context.defaults));
    if (names_nothing(sources, *catalog)) co_return Result<void>();
    SLUICE_CO_TRY(const Condition condition,
                  split_condition(where, time_from_nanoseconds(context.source.wall_ns())));
    const std::vector<PlannedSource> doubtful =
        doubtful_sources(*database, sources, condition.expr);
    if (!doubtful.empty()) {
        SLUICE_CO_TRY_VOID(co_await refuse_fields(context, *database, doubtful, condition.expr));
    }
    // One tombstone stands for the whole statement; the engine gives it its place among the writes.
    model::Tombstone what;
    what.range = range_of(condition.time);
    what.series = compile_for(condition.expr, nullptr).certain;
    if (what.range.empty() || what.series.is_none()) co_return Result<void>();
    for (const Source& source : sources) {
        const Measurement& measurement = *source.measurement();
        if (measurement.regex) {
            what.measurements.push_back({measurement.regex->pattern(), measurement.regex});
        } else {
            what.measurements.push_back({measurement.name, {}});
        }
    }
    co_return co_await context.source.delete_points(database->name, std::move(what));
}

// Does what influxql.HasTimeExpr does: it finds a comparison with "time" anywhere.
bool has_time(const Expr& expr) {
    const auto* binary = expr.as<BinaryExpr>();
    if (binary == nullptr) {
        const auto* paren = expr.as<ParenExpr>();
        return paren != nullptr && has_time(*paren->inner);
    }
    if (binary->op == Operator::kAnd || binary->op == Operator::kOr) {
        return has_time(*binary->left) || has_time(*binary->right);
    }
    const auto is_time = [](const Expr& side) {
        const auto* ref = side.as<VarRef>();
        return ref != nullptr && ref->name == "time";
    };
    return is_time(*binary->left) || is_time(*binary->right);
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, DeleteStatement statement) {
    return delete_series(context, std::move(statement.sources), std::move(statement.condition));
}

io::Task<Result<void>> execute(StatementContext& context, DropSeriesStatement drop) {
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY_VOID(named_database(*catalog, context.defaults));
    if (drop.condition && has_time(*drop.condition)) {
        co_return Error{ErrorKind::kInvalid, "DROP SERIES doesn't support time in WHERE clause"};
    }
    co_return co_await delete_series(context, std::move(drop.sources), std::move(drop.condition));
}

io::Task<Result<void>> execute(StatementContext& context, DropMeasurementStatement drop) {
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database, named_database(*catalog, context.defaults));
    co_return co_await context.source.drop_measurement(database->name, std::move(drop.name));
}

io::Task<Result<void>> execute(StatementContext& context, DropShardStatement drop) {
    return context.source.drop_shard(drop.id);
}

}  // namespace sluice::query
