// SHOW MEASUREMENTS is answered here: it asks about measurements and not about series, as
// InfluxDB's index does.
#include <map>
#include <set>

#include "query/select/live_measurements.h"
#include "query/show/series_selection.h"
#include "query/show/show_statements.h"

namespace sluice::query {
namespace {

using namespace influxql;

// The values of each tag over all series of a measurement.
using TagValues = std::map<std::string, std::set<std::string>, std::less<>>;

Error invalid(std::string text) {
    return {ErrorKind::kInvalid, std::move(text)};
}

// tsdb/index.go: measurementNamesByExpr
Result<void> check_condition(const Expr& condition) {
    if (const auto* paren = condition.as<ParenExpr>()) return check_condition(*paren->inner);
    const auto* binary = condition.as<BinaryExpr>();
    if (binary == nullptr) return invalid(go_syntax(condition));
    if (binary->op == Operator::kAnd || binary->op == Operator::kOr) {
        SLUICE_TRY_VOID(check_condition(*binary->left));
        return check_condition(*binary->right);
    }
    const bool is_match = binary->op == Operator::kEqual || binary->op == Operator::kNotEqual ||
                          binary->op == Operator::kMatches || binary->op == Operator::kNotMatches;
    if (!is_match) return invalid("invalid tag comparison operator");
    const std::string op(operator_text(binary->op));
    if (!binary->left->is<VarRef>()) return invalid("left side of '" + op + "' must be a tag key");
    if (!binary->right->is<StringLiteral>() && !binary->right->is<RegexLiteral>()) {
        return invalid("right side of '" + op + "' must be a tag value string");
    }
    return {};
}

// SHOW MEASUREMENTS asks about measurements, not series: `h = 'a'` is true where some series has
// it, `h != 'a'` where the tag exists and no series has it, and the parts of an AND may be true of
// different series. `condition` has been checked.
bool measurement_passes(const Expr& condition, std::string_view name, const TagValues& tags) {
    if (const auto* paren = condition.as<ParenExpr>()) {
        return measurement_passes(*paren->inner, name, tags);
    }
    const auto* binary = condition.as<BinaryExpr>();
    if (binary->op == Operator::kAnd || binary->op == Operator::kOr) {
        const bool left = measurement_passes(*binary->left, name, tags);
        const bool right = measurement_passes(*binary->right, name, tags);
        return binary->op == Operator::kAnd ? left && right : left || right;
    }
    const auto* text = binary->right->as<StringLiteral>();
    const auto* regex = binary->right->as<RegexLiteral>();
    const auto equals = [&](std::string_view value) {
        return text != nullptr ? value == text->value : regex->regex.matches(value);
    };
    const bool wanted = binary->op == Operator::kEqual || binary->op == Operator::kMatches;
    const std::string& key = binary->left->as<VarRef>()->name;
    if (key == "_name") return equals(name) == wanted;
    const auto values = tags.find(key);
    if (values == tags.end()) return false;
    return std::any_of(values->second.begin(), values->second.end(), equals) == wanted;
}

// Where a statement looks: policies of one database, those of them that may be read.
struct Place {
    const meta::Database* database = nullptr;
    std::vector<const meta::RetentionPolicy*> policies;
};

Place place_of(const StatementContext& context, const meta::Catalog& catalog,
               const meta::Database& database) {
    Place place{&database, {}};
    for (const auto& policy : database.retention_policies) {
        if (may_read(context, catalog, database.name, policy->name)) {
            place.policies.push_back(policy.get());
        }
    }
    return place;
}

// Without a condition the catalog knows the names, and the stores which of them are left.
io::Task<Result<void>> all_measurements(StatementContext& context, const Place& place,
                                        const ShowClauses& clauses, std::set<std::string>& names) {
    SLUICE_CO_TRY(const LiveMeasurements live,
                  co_await LiveMeasurements::find(context.source, *place.database, place.policies));
    for (const meta::RetentionPolicy* const policy : place.policies) {
        for (std::string& name : measurement_names(*policy, model::TimeRange{})) {
            if (!names_measurement(clauses.sources, name) || !live.contains(name)) continue;
            names.insert(std::move(name));
        }
    }
    co_return Result<void>();
}

io::Task<Result<void>> find_measurements(StatementContext& context, const Place& place,
                                         const ShowClauses& clauses, std::set<std::string>& names) {
    SLUICE_CO_TRY_VOID(check_condition(*clauses.condition));
    SeriesSelection selection;
    for (const meta::RetentionPolicy* const policy : place.policies) {
        for (const std::string& name : measurement_names(*policy, selection.range)) {
            if (names_measurement(clauses.sources, name)) selection.add(*policy, name);
        }
    }
    Result<void> listed = co_await list_series(context, selection);
    if (!listed.ok()) co_return listed;
    // The condition was not given to the selection: it is about measurements, and all series are
    // asked.
    std::map<std::string, TagValues> tags;
    SeriesVisit visit(context, selection);
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        const SeriesVisit::Seen* series = visit.match();
        TagValues& known = tags[series->name.measurement];
        for (const model::Tag& tag : series->name.tags) known[tag.key].insert(tag.value);
    }
    for (const auto& [measurement, known] : tags) {
        if (measurement_passes(*clauses.condition, measurement, known)) names.insert(measurement);
    }
    co_return Result<void>();
}

// A row of the answer; database and policy are shown where the statement names policies.
struct Row {
    std::string measurement;
    std::string database;
    std::string policy;
};

void write_rows(AnswerWriter& writer, const std::vector<Row>& rows) {
    writer.begin_series({"measurements", {}, {"name", "database", "retention policy"}});
    for (const Row& row : rows) {
        writer.begin_row();
        for (const std::string* text : {&row.measurement, &row.database, &row.policy}) {
            writer.value(Value::of_string(*text));
        }
        writer.end_row();
    }
    writer.end_series();
}

// The places behind ON, one for each policy where they are named, else one for the database. The
// texts are those of coordinator/statement_executor.go: executeShowMeasurementsStatement.
Result<std::vector<Place>> places_of(const StatementContext& context, const meta::Catalog& catalog,
                                     const ShowMeasurementsStatement& show) {
    std::vector<Place> places;
    const auto add_policies = [&](const meta::Database& database, std::string_view wanted) {
        for (const meta::RetentionPolicy* each : place_of(context, catalog, database).policies) {
            if (wanted.empty() || each->name == wanted) places.push_back({&database, {each}});
        }
    };
    if (show.every_database) {
        const bool names_one = !show.retention_policy.empty();
        if (names_one || !show.every_policy) {
            return invalid(std::string("query 'SHOW MEASUREMENTS ON *") + (names_one ? ".rp" : "") +
                           "' not supported. use 'ON *.*' or specify a database");
        }
        for (const auto& database : catalog.databases) add_policies(*database, {});
        return places;
    }
    const Result<const meta::Database*> found =
        find_database(catalog, show.clauses.database, context.defaults);
    if (!found.ok() && found.error().kind != ErrorKind::kNotFound) return found.error();
    if (!found.ok() && show.every_policy) {
        const std::string& named = show.clauses.database;
        return invalid("unknown database " + (named.empty() ? context.defaults.database : named));
    }
    // Otherwise this is the only SHOW statement that does not mind an unknown database.
    if (!found.ok()) return places;
    if (show.every_policy || !show.retention_policy.empty()) {
        add_policies(**found, show.retention_policy);
    } else {
        places.push_back(place_of(context, catalog, **found));
    }
    return places;
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ShowMeasurementsStatement show) {
    const ShowClauses& clauses = show.clauses;
    if (compares_time(clauses.condition.get())) {
        co_return invalid("SHOW MEASUREMENTS doesn't support time in WHERE clause");
    }
    const auto catalog = context.source.catalog();
    SLUICE_CO_TRY(const std::vector<Place> places, places_of(context, *catalog, show));
    const bool shows_places = show.every_policy || !show.retention_policy.empty();
    std::vector<Row> rows;
    for (const Place& place : places) {
        std::set<std::string> names;
        io::Task<Result<void>> working = clauses.condition
                                             ? find_measurements(context, place, clauses, names)
                                             : all_measurements(context, place, clauses, names);
        SLUICE_CO_TRY_VOID(co_await working);
        for (const std::string& name : names) {
            rows.push_back({name, place.database->name,
                            shows_places ? place.policies.front()->name : std::string()});
        }
    }
    rows = limited(std::move(rows), clauses.limit, clauses.offset);
    if (rows.empty()) co_return Result<void>();
    if (shows_places) {
        write_rows(context.writer, rows);
        co_return Result<void>();
    }
    std::vector<std::string> shown;
    for (Row& row : rows) shown.push_back(std::move(row.measurement));
    write_column(context.writer, "measurements", "name", shown);
    co_return Result<void>();
}

}  // namespace sluice::query
