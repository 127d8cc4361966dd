#include <map>
#include <set>

#include "query/show_schema.h"
#include "query/show_selection.h"

namespace sluice::query {
namespace {

using namespace influxql;

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

io::Task<Result<void>> find_measurements(StatementContext& context, const ShowClauses& clauses,
                                         std::set<std::string>& names) {
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, clauses, TimeClause::kRefused,
                                                   "SHOW MEASUREMENTS", selection);
    if (!selected.ok()) co_return std::move(selected).error();
    std::map<std::string, TagValues> tags;
    for (const CoreSession& session : selection.sessions) {
        for (const Piece& piece : session.pieces) {
            TagValues& known = tags[selection.measurement_of(piece)];
            for (const std::string_view key : piece.series.keys()) {
                for (model::Tag& tag : model::parse_series_key(key).tags) {
                    known[std::move(tag.key)].insert(std::move(tag.value));
                }
            }
            co_await context.source.breathe();
        }
    }
    for (const auto& [measurement, known] : tags) {
        if (!selection.condition || measurement_passes(*selection.condition, measurement, known)) {
            names.insert(measurement);
        }
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> run(StatementContext& context, ShowMeasurementsStatement show) {
    const auto catalog = context.source.catalog();
    Result<const meta::Database*> found =
        find_database(*catalog, show.clauses.database, context.defaults);
    // Of all SHOW statements only this one does not mind an unknown database.
    if (!found.ok() && found.error().kind == ErrorKind::kNotFound) co_return Result<void>();
    if (!found.ok()) co_return std::move(found).error();
    std::set<std::string> names;
    if (!show.clauses.condition) {
        names = all_measurements(**found, show.clauses);
    } else {
        Result<void> searched = co_await find_measurements(context, show.clauses, names);
        if (!searched.ok()) co_return std::move(searched).error();
    }
    const std::vector<std::string> shown =
        limited(std::vector<std::string>(names.begin(), names.end()), show.clauses.limit,
                show.clauses.offset);
    if (!shown.empty()) write_column(context.writer, "measurements", "name", shown);
    co_return Result<void>();
}

}  // namespace sluice::query
