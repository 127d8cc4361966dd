#include "query/background/continuous_schedule.h"

#include <algorithm>
#include <cstdlib>

#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

using namespace influxql;

Error invalid(std::string text) {
    return {ErrorKind::kInvalid, std::move(text)};
}

std::int64_t offset_at(const ZoneOffset& zone, model::Timestamp t) {
    return zone ? zone(t) : 0;
}

// The start of the window of length `length` that holds `t`, by the clocks of the zone. Windows
// count from the epoch.
model::Timestamp window_start(model::Timestamp t, std::int64_t length, const ZoneOffset& zone) {
    const std::int64_t offset = offset_at(zone, t);
    std::int64_t into = (t + offset) % length;
    if (into < 0) into += length;
    const model::Timestamp start = t - into;
    const std::int64_t change = offset - offset_at(zone, start);
    return change != 0 && std::abs(change) < length ? start + change : start;
}

// `last_run` plus one step; a change of the clocks in between moves it.
model::Timestamp next_run(model::Timestamp last_run, std::int64_t step, const ZoneOffset& zone) {
    const model::Timestamp next = last_run + step;
    const std::int64_t change = offset_at(zone, last_run - 1) - offset_at(zone, next - 1);
    return change != 0 && std::abs(change) < step ? next + change : next;
}

// The condition that stands for a comparison of time, or a call, once the range is set from
// outside.
Expr always() {
    return Expr(BooleanLiteral{true});
}

Expr without_time(const Expr& expr) {
    if (const auto* paren = expr.as<ParenExpr>()) {
        return Expr(ParenExpr{ExprBox(without_time(*paren->inner))});
    }
    if (expr.as<Call>() != nullptr) return always();
    const auto* binary = expr.as<BinaryExpr>();
    if (binary == nullptr) return expr;
    const auto* name = binary->left->as<VarRef>();
    if (name != nullptr && name->name == "time") return always();
    BinaryExpr copy = *binary;
    copy.left = ExprBox(without_time(*binary->left));
    copy.right = ExprBox(without_time(*binary->right));
    return Expr(std::move(copy));
}

}  // namespace

Result<ContinuousTiming> timing_of(const CreateContinuousQueryStatement& query) {
    ContinuousTiming timing;
    timing.resample_every_ns = query.resample_every_ns;
    timing.resample_for_ns = query.resample_for_ns;
    for (const Expr& dimension : query.select.dimensions) {
        const auto* call = dimension.as<Call>();
        if (call == nullptr || call->name != "time") continue;
        const auto* length =
            call->arguments.empty() ? nullptr : call->arguments[0].as<DurationLiteral>();
        if (length == nullptr) return invalid("time dimension must have duration argument");
        timing.interval_ns = length->nanoseconds;
        if (timing.interval_ns == 0 || call->arguments.size() < 2) break;
        const auto* offset = call->arguments[1].as<DurationLiteral>();
        if (offset == nullptr) {
            return invalid("invalid time dimension offset: " + to_string(call->arguments[1]));
        }
        timing.offset_ns = offset->nanoseconds % timing.interval_ns;
        break;
    }
    if (timing.interval_ns < 0 || timing.resample_every_ns < 0 || timing.resample_for_ns < 0) {
        return invalid("the durations of a continuous query are not negative");
    }
    if (timing.interval_ns != 0 && query.select.is_raw()) {
        return invalid("continuous queries must be aggregate queries");
    }
    return timing;
}

std::optional<ContinuousRun> due_run(const ContinuousTiming& timing,
                                     std::optional<model::Timestamp> last_run, model::Timestamp now,
                                     const ZoneOffset& zone) {
    const std::int64_t interval = timing.interval_ns;
    if (interval <= 0) return std::nullopt;
    std::int64_t every = timing.resample_every_ns != 0 ? timing.resample_every_ns : interval;
    const model::Timestamp due = last_run ? next_run(*last_run, every, zone) : now;
    if (due > now) return std::nullopt;

    // Windows are counted from the offset, so it is taken off before a start is looked for, and
    // added again (services/continuous_querier/service.go: ExecuteContinuousQuery).
    const std::int64_t offset = timing.offset_ns;
    ContinuousRun run;
    run.last_run = window_start(now - offset, every, zone) + offset;
    // From the run that was due and not from now, in case that windows were missed.
    const std::int64_t span =
        timing.resample_for_ns != 0 ? timing.resample_for_ns : std::max(interval, every);
    every = std::min(every, interval);
    run.range.begin = window_start(due + interval - span - offset - 1, interval, zone) + offset;
    run.range.end = window_start(now + interval - every - offset, interval, zone) + offset;
    if (run.range.end < run.range.begin) run.range.end = run.range.begin;
    return run;
}

// The new bounds are written as text and parsed, so that they become what the parser would have
// made of them. Comparisons of time that the query has itself count for nothing.
Result<void> set_time_range(SelectStatement& select, const model::TimeRange& range) {
    std::string text;
    if (select.condition) text = to_string(without_time(*select.condition)) + " AND ";
    text += "time >= '";
    append_rfc3339(text, range.begin);
    text += "' AND time < '";
    append_rfc3339(text, range.end);
    text += "'";
    SLUICE_TRY(const Expr parsed, parse_expression(text));
    select.condition = ExprBox(reduce(parsed, std::nullopt));
    return {};
}

}  // namespace sluice::query
