#include "query/compile/zoned_select.h"

#include "sluice/influxql/time_literal.h"

namespace sluice::query {
namespace {

using namespace influxql;

std::optional<std::string> unknown_in(const SelectStatement& select) {
    for (const Source& source : select.sources) {
        if (const SelectStatement* inner = source.subquery()) {
            if (auto unknown = unknown_in(*inner)) return unknown;
        }
    }
    if (select.time_zone.empty() || TimeZone::find(select.time_zone) != nullptr) {
        return std::nullopt;
    }
    return select.time_zone;
}

// A date with a T in it says how far it is from UTC.
void localize(StringLiteral& text, const TimeZone& zone) {
    if (!looks_like_time(text.value) || text.value.find('T') != std::string::npos) return;
    const std::optional<TimeLiteral> time = parse_time_literal(text.value);
    if (!time) return;
    text.value = format_rfc3339(zone.utc_seconds(time->seconds), time->nanoseconds);
}

bool is_time(const Expr& expr) {
    const auto* ref = expr.as<VarRef>();
    if (ref == nullptr || ref->name.size() != 4) return false;
    std::string name = ref->name;
    for (char& letter : name) letter = static_cast<char>(letter | 0x20);
    return name == "time";
}

// Only what is compared with time is a time; other strings may look like one.
void localize_comparisons(Expr& expr, const TimeZone& zone) {
    const auto bring = [&](Expr& side) {
        walk(side, [&](Expr& part) {
            if (auto* text = part.as<StringLiteral>()) localize(*text, zone);
        });
    };
    walk(expr, [&](Expr& part) {
        auto* comparison = part.as<BinaryExpr>();
        if (comparison == nullptr) return;
        if (is_time(*comparison->left)) bring(*comparison->right);
        if (is_time(*comparison->right)) bring(*comparison->left);
    });
}

}  // namespace

std::optional<std::string> unknown_time_zone(const Statement& statement) {
    if (const auto* select = std::get_if<SelectStatement>(&statement)) return unknown_in(*select);
    if (const auto* explain = std::get_if<ExplainStatement>(&statement)) {
        return unknown_in(explain->select);
    }
    if (const auto* create = std::get_if<CreateContinuousQueryStatement>(&statement)) {
        return unknown_in(create->select);
    }
    return std::nullopt;
}

void bring_times_to_utc(SelectStatement& select) {
    for (Source& source : select.sources) {
        if (auto* inner = std::get_if<Box<SelectStatement>>(&source.node)) {
            bring_times_to_utc(**inner);
        }
    }
    if (select.time_zone.empty() || !select.condition) return;
    const std::shared_ptr<const TimeZone> zone = TimeZone::find(select.time_zone);
    if (zone != nullptr) localize_comparisons(*select.condition, *zone);
}

}  // namespace sluice::query
