// This part of CursorBuilder builds the calls of a SELECT: it decides which stages stand for a
// function.
#include <algorithm>

#include "query/expr/expression_type.h"
#include "query/points/fill_points.h"
#include "query/points/regroup_points.h"
#include "query/points/scan_points.h"
#include "query/points/stream_points.h"
#include "query/points/window_points.h"
#include "query/select/cursor_builder.h"

namespace sluice::query {
namespace {

using namespace influxql;

DataType type_or_unknown(const Expr& expr) {
    const Result<DataType> type = expression_type(expr);
    return type.ok() ? *type : DataType::kUnknown;
}

// Returns the type in which an argument is read. Tags are read as strings, and so is what top() of
// a subquery takes for a tag.
DataType argument_type(const Call& call) {
    const DataType type = type_or_unknown(call.arguments[0]);
    const bool is_known = type != DataType::kTag && type != DataType::kUnknown;
    return is_known ? type : DataType::kString;
}

MakeReducer reducer_factory(const Call& call, const TimeFrame& frame) {
    const DataType type = argument_type(call);
    const Function function = function_of(call);
    if (is_mergeable(function)) {
        return [function, type] { return make_mergeable_reducer(function, type); };
    }
    const ReducerSpec spec = reducer_spec(call, type, frame);
    return [spec] { return make_reducer(spec); };
}

// Checks a chain of calls from the inside out: the innermost call that cannot work on its argument
// is the one that refuses.
Result<void> check_argument_types(const Call& call) {
    if (const auto* inner = call.arguments[0].as<Call>()) {
        SLUICE_TRY_VOID(check_argument_types(*inner));
    }
    return check_argument_type(call, argument_type(call));
}

// The name that a chain of calls finally reads, or null if that is not a name.
const VarRef* innermost_reference(const Call& call) {
    const Call* at = &call;
    while (const auto* inner = at->arguments[0].as<Call>()) at = inner;
    return at->arguments[0].as<VarRef>();
}

// count(distinct(x)) counts values and merges nothing, although count() is mergeable otherwise.
bool is_count_of_distinct(const Call& call) {
    return function_of(call) == Function::kCount &&
           as_call_of(Function::kDistinct, call.arguments[0]) != nullptr;
}

Call call_to(Function function, VarRef argument) {
    return make_call(function, {Expr(std::move(argument))});
}

// Counts of several sources are joined by adding them up.
Call sum_of_counts(const Call& call) {
    VarRef counts = *call.arguments[0].as<VarRef>();
    counts.type = DataType::kInteger;
    return call_to(Function::kSum, std::move(counts));
}

}  // namespace

Result<CursorBuilder::Points> CursorBuilder::build_call(const Call& call, Level level) {
    // LIMIT and OFFSET are for the rows that are made of the call, so its argument does not see
    // them. Only top() and bottom() pass them on to the rows that they read, where storage lets one
    // row more through (query/select.go; tsm1: limitIterator).
    const bool limited = level.limits.counts_rows();
    const FunctionInfo& info = function_info(function_of(call));
    level.group_rows_max = limited && is_top_or_bottom(info.function)
                               ? level.limits.limit + level.limits.offset + 1
                               : 0;
    level.limits.limit = 0;
    level.limits.offset = 0;
    switch (info.kind) {
        case FunctionKind::kMergeable:
            return build_mergeable(call, level);
        case FunctionKind::kReduction:
            return build_reduction(call, level);
        case FunctionKind::kTransformation:
            return build_transformation(call, std::move(level));
        case FunctionKind::kForecast:
            return build_forecast(call, std::move(level));
        case FunctionKind::kMath:
            break;
    }
    return Error{ErrorKind::kInvalid, "unsupported call: " + call.name};
}

Result<CursorBuilder::Points> CursorBuilder::build_argument(const Call& call, const Level& level) {
    const Expr& argument = call.arguments[0];
    if (const auto* ref = argument.as<VarRef>()) {
        SLUICE_TRY(Points points, build_reference(*ref, level));
        if (points == nullptr) return points;
        const Result<void> checked = check_argument_type(call, argument_type(call));
        if (checked.ok()) return points;
        return build_refused(*ref, level, checked.error(), std::move(points));
    }
    const auto* inner = argument.as<Call>();
    // Wildcards are left where a function of mathematics has a second argument.
    if (inner == nullptr) {
        const bool is_regex = argument.is<RegexLiteral>();
        return Error{ErrorKind::kInvalid, std::string("invalid expression type: *influxql.") +
                                              (is_regex ? "RegexLiteral" : "Wildcard")};
    }
    SLUICE_TRY(Points points, build_call(*inner, level));
    if (points == nullptr) return points;
    const Result<void> checked = check_argument_types(call);
    const VarRef* ref = innermost_reference(call);
    if (checked.ok()) return points;
    if (ref == nullptr) return checked.error();
    return build_refused(*ref, level, checked.error(), std::move(points));
}

Result<CursorBuilder::Points> CursorBuilder::build_mergeable(const Call& call, const Level& level) {
    if (call.arguments[0].is<Distinct>()) return Points();
    // A selector by itself, without windows, shows when its value was written.
    const bool has_own_time = level.is_selector && level.frame.window.is_whole();
    if (is_count_of_distinct(call)) {
        SLUICE_TRY(Points input, build_call(*call.arguments[0].as<Call>(), level));
        if (input == nullptr) return input;
        SLUICE_TRY(Points counts, reduce(std::move(input), call, level, true));
        return fill(std::move(counts), call, level);
    }
    if (!level.node->subqueries.empty()) {
        // Sources reduce their points first (source_call), then the results are reduced once more.
        // A mean of means knows how many points each stands for (Point::aggregated).
        Level unordered = level;
        unordered.is_ordered = false;
        unordered.source_call = &call;
        SLUICE_TRY(Points input, build_argument(call, unordered));
        if (input == nullptr) return input;
        const Call joined = function_of(call) == Function::kCount ? sum_of_counts(call) : call;
        SLUICE_TRY(Points points, reduce(std::move(input), joined, unordered, !has_own_time));
        return fill(std::move(points), call, level);
    }
    if (!call.arguments[0].is<VarRef>()) return Points();
    const auto& ref = *call.arguments[0].as<VarRef>();
    const ResolvedSources& measurements = level.node->measurements;
    if (measurements.sources.empty() || !measurements.fields.contains(ref.name) ||
        ref.type == DataType::kTag) {
        return Points();
    }
    const Result<void> checked = check_argument_type(call, ref.type);
    if (!checked.ok()) return build_refused(ref, level, checked.error());
    return fill(scan_aggregate(call, level, has_own_time), call, level);
}

// Builds the points of a call from states that all cores compute. It joins the scan of another call
// if both read the same times; all else of their plans is the same, as they are of one level.
CursorBuilder::Points CursorBuilder::scan_aggregate(const Call& call, const Level& level,
                                                    bool keeps_time) const {
    SelectPlan plan = scan_plan(level);
    plan.dimensions = level.grouping->dimensions();
    // Dimensions of the answer come first, so that the tag sets of one outer tag set are
    // neighbours.
    for (const std::string& tag : level.grouping->group_by()) {
        const auto& outer = level.grouping->dimensions();
        if (!std::binary_search(outer.begin(), outer.end(), tag)) plan.dimensions.push_back(tag);
    }
    std::shared_ptr<AggregateScan> scan;
    for (const auto& known : *level.scans) {
        const SelectPlan& other = known->scan().plan();
        if (other.time_min == plan.time_min && other.time_max == plan.time_max) scan = known;
    }
    if (scan == nullptr) {
        scan = std::make_shared<AggregateScan>(source_, budget_, std::move(plan), level.grouping);
        level.scans->push_back(scan);
    }
    const auto& ref = *call.arguments[0].as<VarRef>();
    AggregateCall aggregate;
    aggregate.function = function_of(call);
    aggregate.argument = ref.type;
    aggregate.result = type_or_unknown(call);
    AggregatePoints::Options options;
    options.keeps_time = keeps_time;
    options.is_ordered = level.is_ordered;
    const std::uint32_t number = scan->add_call(aggregate, ref.name);
    return std::make_unique<AggregatePoints>(std::move(scan), number, options,
                                             tie_breaker(aggregate, ref, level));
}

// Returns null if what the call selects does not depend on an order of series. The rows are read
// from the first time forwards for first(), and from the last backwards for last(); tag sets come
// in the order of the answer in both cases.
std::unique_ptr<TieBreaker> CursorBuilder::tie_breaker(const AggregateCall& call, const VarRef& ref,
                                                       const Level& level) const {
    const bool is_first = call.function == Function::kFirst;
    if (!is_first && call.function != Function::kLast) return nullptr;
    if (!level.frame.window.is_whole() || level.grouping->is_nested()) return nullptr;
    SelectPlan plan = scan_plan(level);
    plan.dimensions = level.grouping->dimensions();
    plan.ascending = is_first;
    plan.reverses_tag_sets = plan.ascending != level.frame.ascending;
    const std::int64_t rows_max = TieBreaker::rows_max(level.repeats_dimensions);
    plan.limits.limit = rows_max;
    const std::uint32_t driver = plan.add_field(ref.name, ref.type, true);
    auto rows =
        std::make_unique<ScanPoints>(source_, budget_, std::move(plan), level.grouping, driver);
    return std::make_unique<TieBreaker>(std::move(rows), level.auxiliary.size(), call, rows_max);
}

Result<CursorBuilder::Points> CursorBuilder::build_reduction(const Call& call, const Level& level) {
    const FunctionInfo& info = function_info(function_of(call));
    if (is_top_or_bottom(info.function)) return build_top(call, level);
    // Sums of floats show whether a window was read series by series or by time.
    Level ordered = level;
    if (info.in_time_order) ordered.is_ordered = true;
    SLUICE_TRY(Points input, build_argument(call, ordered));
    if (input == nullptr) return input;
    if (!info.is_filled()) {
        return reduce(std::move(input), call, ordered, info.function == Function::kDistinct);
    }
    const bool has_own_time = level.is_selector && level.frame.window.is_whole();
    SLUICE_TRY(Points points, reduce(std::move(input), call, ordered, !has_own_time));
    return fill(std::move(points), call, level);
}

Result<CursorBuilder::Points> CursorBuilder::build_top(const Call& call, const Level& level) {
    if (!call.arguments[0].is<VarRef>()) return Points();
    const auto& ref = *call.arguments[0].as<VarRef>();
    if (call.arguments.size() == 2) {
        SLUICE_TRY(Points input, build_argument(call, level));
        if (input == nullptr) return input;
        return reduce(std::move(input), call, level, false);
    }
    // top(field, tags, n) takes two steps: the best of each combination of tags, by max() or min(),
    // and then the best of those, in the tag sets of the level.
    Level by_tags = level;
    by_tags.group_rows_max = 0;
    std::vector<std::string> group_by = level.grouping->group_by();
    for (std::size_t i = 1; i + 1 < call.arguments.size(); ++i) {
        group_by.push_back(call.arguments[i].as<VarRef>()->name);
    }
    std::sort(group_by.begin(), group_by.end());
    group_by.erase(std::unique(group_by.begin(), group_by.end()), group_by.end());
    // The scans of the level have other tag sets, so this call shares none of them.
    by_tags.grouping = std::make_shared<Grouping>(level.grouping->dimensions(), group_by);
    by_tags.scans = std::make_shared<std::vector<std::shared_ptr<AggregateScan>>>();
    const bool is_top = function_of(call) == Function::kTop;
    const Call best = call_to(is_top ? Function::kMax : Function::kMin, ref);
    Points input;
    if (!level.node->subqueries.empty()) {
        by_tags.is_ordered = false;
        by_tags.source_call = &best;
        SLUICE_TRY(Points points, build_argument(best, by_tags));
        if (points == nullptr) return points;
        SLUICE_TRY(input, reduce(std::move(points), best, by_tags, false));
    } else {
        const ResolvedSources& measurements = level.node->measurements;
        if (measurements.sources.empty() || !measurements.fields.contains(ref.name) ||
            ref.type == DataType::kTag) {
            return Points();
        }
        const Result<void> first = check_argument_type(best, ref.type);
        if (!first.ok()) return build_refused(ref, level, first.error());
        input = scan_aggregate(best, by_tags, true);
    }
    const Result<void> checked = check_argument_type(call, argument_type(call));
    if (!checked.ok()) return build_refused(ref, level, checked.error(), std::move(input));
    const std::size_t width = level.auxiliary.size();
    // Rows that are written into a target keep their tags instead of having columns for them.
    const bool keeps_tags = level.node->has_target && level.target_grouping != nullptr;
    input = std::make_unique<RegroupPoints>(std::move(input), width, by_tags.grouping,
                                            level.grouping, keeps_tags);
    // The tag set that a point brings along is one more auxiliary value on its way through top(),
    // and becomes its tag set again behind it.
    if (!keeps_tags) return reduce(std::move(input), call, level, false);
    *level.target_grouping = by_tags.grouping;
    Level wider = level;
    wider.auxiliary.emplace_back();
    SLUICE_TRY(Points points, reduce(std::move(input), call, wider, false));
    return Points(std::make_unique<OwnTags>(std::move(points), width));
}

Result<CursorBuilder::Points> CursorBuilder::build_transformation(const Call& call, Level level) {
    // The first point that a transformation gives out may need the last one before the time range.
    // So one window more is read, on the side where time begins for the query (query/compile.go:
    // ExtraIntervals). cumulative_sum() and integral() begin with nothing instead.
    level.is_ordered = true;
    const Function function = function_of(call);
    const bool looks_back = function != Function::kCumulativeSum && function != Function::kIntegral;
    if (looks_back && !level.frame.window.is_whole()) {
        const std::int64_t interval = level.frame.window.interval_ns;
        if (level.frame.ascending) {
            level.frame.time_min = level.frame.time_min < model::kTimestampMin + interval
                                       ? model::kTimestampMin
                                       : level.frame.time_min - interval;
        } else {
            level.frame.time_max = level.frame.time_max > model::kTimestampMax - interval
                                       ? model::kTimestampMax
                                       : level.frame.time_max + interval;
        }
    }
    SLUICE_TRY(Points input, build_argument(call, level));
    if (input == nullptr) return input;
    return Points(std::make_unique<StreamPoints>(
        std::move(input), reducer_factory(call, level.frame), budget_.memory_bytes_max()));
}

Result<CursorBuilder::Points> CursorBuilder::build_forecast(const Call& call, Level level) {
    level.is_ordered = true;
    SLUICE_TRY(Points input, build_argument(call, level));
    if (input == nullptr) return input;
    // A forecast takes all points of a tag set as one window, and its points lie behind them: no
    // upper bound of time ends it.
    WindowPoints::Options options;
    options.time_max = model::kTimestampMax;
    options.ascending = level.frame.ascending;
    options.is_ordered = true;
    options.source = &source_;
    options.memory_bytes_max = budget_.memory_bytes_max();
    return Points(std::make_unique<WindowPoints>(std::move(input),
                                                 reducer_factory(call, level.frame), options));
}

Result<CursorBuilder::Points> CursorBuilder::reduce(Points input, const Call& call,
                                                    const Level& level, bool sets_time) {
    WindowPoints::Options options;
    options.window = level.frame.window;
    options.window.whole_start = level.frame.time_min;
    options.time_max = level.frame.time_max;
    options.ascending = level.frame.ascending;
    options.is_ordered = level.is_ordered;
    options.sets_time = sets_time;
    options.auxiliary_width = level.auxiliary.size();
    options.keeps_auxiliary = options.auxiliary_width != 0 && is_selector(function_of(call));
    options.memory_bytes_max = budget_.memory_bytes_max();
    return Points(std::make_unique<WindowPoints>(std::move(input),
                                                 reducer_factory(call, level.frame), options));
}

CursorBuilder::Points CursorBuilder::fill(Points input, const Call& call,
                                          const Level& level) const {
    if (level.frame.window.is_whole() || level.fill.option == FillOption::kNone) return input;
    FillPoints::Options options;
    options.fill = level.fill;
    // An empty window has a count, which is 0; all other functions have nothing there.
    if (function_of(call) == Function::kCount && options.fill.option == FillOption::kNull) {
        options.fill = {FillOption::kNumber, std::int64_t{0}};
    }
    options.window = level.frame.window;
    options.time_min = level.frame.time_min;
    options.time_max = level.frame.time_max;
    options.ascending = level.frame.ascending;
    options.type = type_or_unknown(call);
    options.source = &source_;
    return std::make_unique<FillPoints>(std::move(input), level.auxiliary.size(), options);
}

}  // namespace sluice::query
