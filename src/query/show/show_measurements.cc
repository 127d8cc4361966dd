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

// Without a condition the catalog knows.
std::set<std::string> all_measurements(const meta::Database& database, const ShowClauses& clauses) {
    std::set<std::string> names;
    for (const auto& policy : database.retention_policies) {
        for (std::string& name : measurement_names(*policy, model::TimeRange{})) {
            if (names_measurement(clauses.sources, name)) names.insert(std::move(name));
        }
    }
    return names;
}

io::Task<Result<void>> find_measurements(StatementContext& context, const meta::Database& database,
                                         const ShowClauses& clauses, std::set<std::string>& names) {
    SLUICE_CO_TRY_VOID(check_condition(*clauses.condition));
    SeriesSelection selection;
    selection.add_database(
        database, [&](std::string_view name) { return names_measurement(clauses.sources, name); });
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

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ShowMeasurementsStatement show) {
    const ShowClauses& clauses = show.clauses;
    if (compares_time(clauses.condition.get())) {
        co_return invalid("SHOW MEASUREMENTS doesn't support time in WHERE clause");
    }
    const auto catalog = context.source.catalog();
    Result<const meta::Database*> found =
        find_database(*catalog, clauses.database, context.defaults);
    // This is the only SHOW statement that does not mind an unknown database.
    if (!found.ok() && found.error().kind == ErrorKind::kNotFound) co_return Result<void>();
    if (!found.ok()) co_return std::move(found).error();
    std::set<std::string> names;
    if (!clauses.condition) {
        SLUICE_CO_TRY(const LiveMeasurements live,
                      co_await LiveMeasurements::find(context.source, **found));
        names = all_measurements(**found, clauses);
        std::erase_if(names, [&](const std::string& name) { return !live.contains(name); });
    } else {
        Result<void> searched = co_await find_measurements(context, **found, clauses, names);
        if (!searched.ok()) co_return searched;
    }
    const std::vector<std::string> shown = limited(
        std::vector<std::string>(names.begin(), names.end()), clauses.limit, clauses.offset);
    if (!shown.empty()) write_column(context.writer, "measurements", "name", shown);
    co_return Result<void>();
}

}  // namespace sluice::query
