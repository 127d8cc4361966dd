#include "query/show_executor.h"

#include <algorithm>

#include "sluice/influxql/condition.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

using namespace influxql;

// LIMIT and OFFSET on a list that is in memory.
template <typename T>
std::vector<T> limited(std::vector<T> values, std::int64_t limit, std::int64_t offset) {
    const auto skip = std::min(static_cast<std::size_t>(offset), values.size());
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(skip));
    if (limit > 0 && values.size() > static_cast<std::size_t>(limit)) {
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(limit), values.end());
    }
    return values;
}

bool names_measurement(const std::vector<Source>& sources, std::string_view name) {
    if (sources.empty()) return true;
    return std::any_of(sources.begin(), sources.end(), [&](const Source& source) {
        const Measurement& wanted = *source.measurement();
        return wanted.regex ? wanted.regex->matches(name) : wanted.name == name;
    });
}

Value text_value(const std::string& text) {
    return Value::of_string(text);
}

// Everything that could be a field in these statements is a tag.
bool never_a_field(const VarRef&) {
    return false;
}

bool passes(const SeriesFilter& filter, const model::SeriesName& name) {
    return filter.judge([&](std::string_view key) -> std::string_view {
        return key == "_name" ? std::string_view(name.measurement) : name.tag_value(key);
    }) != Verdict::kNever;
}

// The values of each tag over all series of a measurement.
using TagValues = std::map<std::string, std::set<std::string>, std::less<>>;

// SHOW MEASUREMENTS asks about measurements, not series: `h = 'a'` is true where some series has
// it, `h != 'a'` where the tag exists and no series has it, and the parts of an AND may be true of
// different series (tsdb/index.go: measurementNamesByExpr).
bool measurement_passes(const Expr& condition, std::string_view name, const TagValues& tags) {
    if (const auto* paren = condition.as<ParenExpr>()) {
        return measurement_passes(*paren->inner, name, tags);
    }
    const auto* binary = condition.as<BinaryExpr>();
    if (binary == nullptr) return false;
    if (binary->op == Operator::kAnd || binary->op == Operator::kOr) {
        const bool left = measurement_passes(*binary->left, name, tags);
        const bool right = measurement_passes(*binary->right, name, tags);
        return binary->op == Operator::kAnd ? left && right : left || right;
    }
    const auto* ref = binary->left->as<VarRef>();
    if (ref == nullptr) return false;
    const auto* text = binary->right->as<StringLiteral>();
    const auto* regex = binary->right->as<RegexLiteral>();
    if (text == nullptr && regex == nullptr) return false;
    const auto equals = [&](std::string_view value) {
        return text != nullptr ? value == text->value : regex->regex.matches(value);
    };
    const bool wanted = binary->op == Operator::kEqual || binary->op == Operator::kMatches;
    if (ref->name == "_name") return equals(name) == wanted;
    const auto values = tags.find(ref->name);
    if (values == tags.end()) return false;
    return std::any_of(values->second.begin(), values->second.end(), equals) == wanted;
}

}  // namespace

Result<const meta::Database*> ShowExecutor::find_database(const std::string& named) {
    catalog_ = source_.catalog();
    const std::string& name = named.empty() ? defaults_.database : named;
    if (name.empty()) return Error{ErrorKind::kInvalid, "database name required"};
    const meta::Database* database = catalog_->find_database(name);
    if (database == nullptr) return database_not_found(name);
    return database;
}

void ShowExecutor::write_column(std::string name, std::string column,
                                const std::vector<std::string>& values) {
    writer_.begin_series({std::move(name), {}, {std::move(column)}});
    for (const std::string& value : values) {
        writer_.begin_row();
        writer_.value(text_value(value));
        writer_.end_row();
    }
    writer_.end_series();
}

Result<void> ShowExecutor::show_databases() {
    catalog_ = source_.catalog();
    std::vector<std::string> names;
    for (const auto& database : catalog_->databases) names.push_back(database->name);
    write_column("databases", "name", names);
    return {};
}

Result<void> ShowExecutor::show_retention_policies(const ShowRetentionPoliciesStatement& show) {
    SLUICE_TRY(const meta::Database* database, find_database(show.database));
    writer_.begin_series(
        {"", {}, {"name", "duration", "shardGroupDuration", "replicaN", "default"}});
    for (const auto& policy : database->retention_policies) {
        const std::string duration = format_go_duration(policy->duration_ns);
        const std::string group = format_go_duration(policy->shard_group_duration_ns);
        writer_.begin_row();
        writer_.value(text_value(policy->name));
        writer_.value(text_value(duration));
        writer_.value(text_value(group));
        writer_.value(Value::of_integer(policy->replica_n));
        writer_.value(Value::of_boolean(policy->name == database->default_retention_policy));
        writer_.end_row();
    }
    writer_.end_series();
    return {};
}

Result<void> ShowExecutor::show_field_keys(const ShowFieldKeysStatement& show) {
    SLUICE_TRY(const meta::Database* database, find_database(show.clauses.database));
    std::map<std::string, std::set<std::pair<std::string, std::string>>> fields;
    for (const auto& policy : database->retention_policies) {
        for (const auto& group : policy->shard_groups) {
            group->measurements.for_each([&](const meta::MeasurementSchema& schema) {
                if (!names_measurement(show.clauses.sources, schema.name)) return;
                for (const meta::Field& field : schema.fields()) {
                    fields[schema.name].emplace(field.name, model::field_type_name(field.type));
                }
            });
        }
    }
    for (const auto& [measurement, keys] : fields) {
        const auto shown =
            limited(std::vector<std::pair<std::string, std::string>>(keys.begin(), keys.end()),
                    show.clauses.limit, show.clauses.offset);
        if (shown.empty()) continue;
        writer_.begin_series({measurement, {}, {"fieldKey", "fieldType"}});
        for (const auto& [key, type] : shown) {
            writer_.begin_row();
            writer_.value(text_value(key));
            writer_.value(text_value(type));
            writer_.end_row();
        }
        writer_.end_series();
    }
    return {};
}

io::Task<Result<void>> ShowExecutor::select_series(const ShowClauses& clauses, TimeClause time,
                                                   std::string_view statement,
                                                   Selection& selection) {
    SLUICE_CO_TRY(const meta::Database* database, find_database(clauses.database));
    SLUICE_CO_TRY(Condition condition,
                  split_condition(clauses.condition, time_from_nanoseconds(source_.wall_ns())));
    const bool has_time = condition.time.min || condition.time.max;
    if (has_time && time == TimeClause::kRefused) {
        co_return Error{ErrorKind::kInvalid,
                        std::string(statement) + " doesn't support time in WHERE clause"};
    }
    model::TimeRange range;
    if (condition.time.min) range.begin = to_nanoseconds(*condition.time.min);
    if (condition.time.max) range.end = to_nanoseconds(*condition.time.max) + 1;
    selection.condition = std::move(condition.expr);
    ResolvedSources resolved;
    for (const auto& policy : database->retention_policies) {
        for (const std::string& name : measurement_names(*policy, range)) {
            if (names_measurement(clauses.sources, name)) {
                add_measurement(*policy, name, range, resolved);
            }
        }
    }
    selection.sources = std::move(resolved.sources);
    selection.sessions.resize(source_.core_count());
    ListJob list(selection.sources, false, limits_.memory_bytes_max / 2, selection.sessions);
    Result<void> listed = co_await source_.run_on_every_core(list);
    co_return listed;
}

io::Task<Result<void>> ShowExecutor::show_measurements(ShowMeasurementsStatement show) {
    std::set<std::string> names;
    Result<const meta::Database*> found = find_database(show.clauses.database);
    // Of all SHOW statements only this one does not mind an unknown database.
    if (!found.ok() && found.error().kind == ErrorKind::kNotFound) co_return Result<void>();
    if (!found.ok()) co_return std::move(found).error();
    if (!show.clauses.condition) {
        // Without a condition the catalog knows.
        const meta::Database* database = *found;
        for (const auto& policy : database->retention_policies) {
            for (std::string& name : measurement_names(*policy, model::TimeRange{})) {
                if (names_measurement(show.clauses.sources, name)) names.insert(std::move(name));
            }
        }
    } else {
        Selection selection;
        Result<void> selected = co_await select_series(show.clauses, TimeClause::kRefused,
                                                       "SHOW MEASUREMENTS", selection);
        if (!selected.ok()) co_return std::move(selected).error();
        std::map<std::string, TagValues> tags;
        for (const CoreSession& session : selection.sessions) {
            for (const Piece& piece : session.pieces) {
                TagValues& known = tags[selection.sources[piece.source].measurement];
                for (const std::string_view key : piece.series.keys()) {
                    for (model::Tag& tag : model::parse_series_key(key).tags) {
                        known[std::move(tag.key)].insert(std::move(tag.value));
                    }
                }
                co_await source_.breathe();
            }
        }
        for (const auto& [measurement, known] : tags) {
            if (!selection.condition ||
                measurement_passes(*selection.condition, measurement, known)) {
                names.insert(measurement);
            }
        }
    }
    const std::vector<std::string> shown =
        limited(std::vector<std::string>(names.begin(), names.end()), show.clauses.limit,
                show.clauses.offset);
    if (!shown.empty()) write_column("measurements", "name", shown);
    co_return Result<void>();
}

io::Task<Result<void>> ShowExecutor::show_series(ShowSeriesStatement show) {
    Selection selection;
    Result<void> selected =
        co_await select_series(show.clauses, TimeClause::kNarrows, "SHOW SERIES", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    const SeriesFilter filter(selection.condition.get(), never_a_field);
    std::vector<std::string_view> keys;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            for (const std::string_view key : piece.series.keys()) {
                if (!selection.condition || passes(filter, model::parse_series_key(key))) {
                    keys.push_back(key);
                }
            }
            co_await source_.breathe();
        }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    keys = limited(std::move(keys), show.clauses.limit, show.clauses.offset);
    if (keys.empty()) co_return Result<void>();
    writer_.begin_series({"", {}, {"key"}});
    for (const std::string_view key : keys) {
        writer_.begin_row();
        writer_.value(Value::of_string(key));
        writer_.end_row();
        if (!writer_.should_flush()) continue;
        const bool goes_on = co_await writer_.flush();
        if (!goes_on) co_return Result<void>();
    }
    writer_.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> ShowExecutor::show_tag_keys(ShowTagKeysStatement show) {
    Selection selection;
    Result<void> selected =
        co_await select_series(show.clauses, TimeClause::kNarrows, "SHOW TAG KEYS", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    const SeriesFilter filter(selection.condition.get(), never_a_field);
    std::map<std::string, std::set<std::string>> keys;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            std::set<std::string>& known = keys[selection.sources[piece.source].measurement];
            for (const std::string_view key : piece.series.keys()) {
                const model::SeriesName name = model::parse_series_key(key);
                if (!passes(filter, name)) continue;
                for (const model::Tag& tag : name.tags) known.insert(tag.key);
            }
            co_await source_.breathe();
        }
    }
    for (const auto& [measurement, known] : keys) {
        const std::vector<std::string> shown =
            limited(std::vector<std::string>(known.begin(), known.end()), show.clauses.limit,
                    show.clauses.offset);
        if (!shown.empty()) write_column(measurement, "tagKey", shown);
    }
    co_return Result<void>();
}

io::Task<Result<void>> ShowExecutor::show_tag_values(ShowTagValuesStatement show) {
    Selection selection;
    Result<void> selected =
        co_await select_series(show.clauses, TimeClause::kNarrows, "SHOW TAG VALUES", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    const SeriesFilter filter(selection.condition.get(), never_a_field);
    std::map<std::string, std::set<std::pair<std::string, std::string>>> values;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            auto& known = values[selection.sources[piece.source].measurement];
            for (const std::string_view key : piece.series.keys()) {
                const model::SeriesName name = model::parse_series_key(key);
                if (!passes(filter, name)) continue;
                for (const model::Tag& tag : name.tags) {
                    if (show.filter.accepts(tag.key)) known.emplace(tag.key, tag.value);
                }
            }
            co_await source_.breathe();
        }
    }
    for (const auto& [measurement, known] : values) {
        const auto shown =
            limited(std::vector<std::pair<std::string, std::string>>(known.begin(), known.end()),
                    show.clauses.limit, show.clauses.offset);
        if (shown.empty()) continue;
        writer_.begin_series({measurement, {}, {"key", "value"}});
        for (const auto& [key, value] : shown) {
            writer_.begin_row();
            writer_.value(text_value(key));
            writer_.value(text_value(value));
            writer_.end_row();
        }
        writer_.end_series();
    }
    co_return Result<void>();
}

}  // namespace sluice::query
