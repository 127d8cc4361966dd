#include "query/select/cursor_builder.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "query/compile/column_names.h"
#include "query/points/joined_rows.h"
#include "query/points/limit_points.h"
#include "query/points/merge_points.h"
#include "query/points/refused_points.h"
#include "query/points/scan_points.h"
#include "query/points/subquery_points.h"

namespace sluice::query {
namespace {

using namespace influxql;

// Finds the calls and references of the columns, each once however often it is written, and gives
// them places in the working row.
class PlaceMapper {
public:
    struct MappedCall {
        Call call;
        Place place;
    };
    struct MappedReference {
        VarRef ref;
        Place place;
    };

    // Returns the place of `expr` if it is a call or a reference itself.
    // Calls are not looked into: what stands in them belongs to their own points. Functions of
    // mathematics are, because they work on the values of the row.
    std::optional<std::uint32_t> map(const Expr& expr) {
        const auto* call = expr.as<Call>();
        if (call != nullptr && !is_math_function(*call)) {
            const auto [place, is_new] = places.add(expr);
            if (is_new) calls.push_back({*call, place});
            return place.number;
        }
        if (const auto* ref = expr.as<VarRef>()) {
            const auto [place, is_new] = places.add(expr);
            if (is_new) references.push_back({*ref, place});
            return place.number;
        }
        if (call != nullptr) {
            for (const Expr& argument : call->arguments) map(argument);
        } else if (const auto* binary = expr.as<BinaryExpr>()) {
            map(*binary->left);
            map(*binary->right);
        } else if (const auto* paren = expr.as<ParenExpr>()) {
            map(*paren->inner);
        }
        return std::nullopt;
    }

    void sort_references() {
        std::sort(references.begin(), references.end(),
                  [](const MappedReference& a, const MappedReference& b) {
                      return a.ref.name != b.ref.name ? a.ref.name < b.ref.name
                                                      : a.ref.type < b.ref.type;
                  });
    }

    RowPlaces places;
    std::vector<MappedCall> calls;
    std::vector<MappedReference> references;
};

// Finds the column or tag of a subquery's rows that a name stands for (query/subquery.go:
// mapAuxField). top() and bottom() with tags have more columns than fields, hence the offset.
RowValue map_name(const SelectNode& node, const VarRef& ref) {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < node.fields.size(); ++i) {
        if (field_name(node.fields[i]) == ref.name) {
            return {RowValue::Kind::kColumn, i + offset, {}, ref.type};
        }
        const Call* call = as_top_or_bottom(node.fields[i].expr);
        if (call == nullptr) continue;
        for (std::size_t k = 1; k + 1 < call->arguments.size(); ++k) {
            const auto* tag = call->arguments[k].as<VarRef>();
            if (tag == nullptr || tag->name != ref.name) continue;
            return {RowValue::Kind::kColumn, i + k, {}, DataType::kString};
        }
        offset += call->arguments.size() - 2;
    }
    for (const std::string& dimension : node.dimensions) {
        if (dimension == ref.name) return {RowValue::Kind::kTag, 0, dimension, DataType::kTag};
    }
    return {};
}

bool is_value_type(DataType type) {
    return (type >= DataType::kFloat && type <= DataType::kBoolean) || type == DataType::kTag ||
           type == DataType::kUnsigned;
}

// Finds what the names of the outer condition mean in the rows of a subquery. If a name is asked
// for with several types, the last of these in the order of types counts (query/cursor.go:
// newFilterCursor).
void add_condition(const Expr& condition, const std::vector<Column>& columns,
                   SubqueryPoints::Options& options) {
    options.condition = &condition;
    std::unordered_map<std::string_view, std::size_t> places;
    std::unordered_map<std::string_view, std::size_t> column_places;
    for (std::size_t i = 0; i < columns.size(); ++i) column_places.try_emplace(columns[i].name, i);
    walk(condition, [&](const Expr& expr) {
        const auto* ref = expr.as<VarRef>();
        if (ref == nullptr) return;
        const auto [known, is_new] = places.try_emplace(ref->name, options.condition_names.size());
        if (!is_new) {
            RowValue& value = options.condition_values[known->second];
            if (value.kind == RowValue::Kind::kColumn) value.type = std::max(value.type, ref->type);
            return;
        }
        RowValue value{RowValue::Kind::kTag, 0, ref->name, DataType::kTag};
        if (const auto column = column_places.find(ref->name); column != column_places.end()) {
            value = {RowValue::Kind::kColumn, column->second, {}, ref->type};
        }
        options.condition_names.push_back(ref->name);
        options.condition_values.push_back(std::move(value));
    });
}

}  // namespace

Result<CursorBuilder::Rows> CursorBuilder::build(const SelectNode& node) {
    return build_rows(node, outermost_level(node));
}

// Calls and names get places in the working row, in the order of the columns; names are sorted,
// because auxiliary values are compared in that order. Without calls there is one stream, of the
// names. With calls there is one stream per call, each with all names as auxiliary values, so that
// a selector brings the other values of its row.
//
// A call whose type is unknown reads a field that does not exist, and has no stream; its column is
// empty. If no stream is left the SELECT has no rows at all.
Result<CursorBuilder::Rows> CursorBuilder::build_rows(const SelectNode& node, Level level) {
    if (!node.refused_offset.empty()) {
        return Error{ErrorKind::kInvalid, "invalid time dimension offset: " + node.refused_offset};
    }
    PlaceMapper mapper;
    JoinedRows::Options options;
    for (Column& column : columns_of(node)) {
        const std::optional<std::uint32_t> place = mapper.map(column.expr);
        options.columns.push_back({std::move(column.expr), place});
    }
    mapper.sort_references();
    options.fill = level.fill;
    options.ascending = level.frame.ascending;
    options.places = std::move(mapper.places);
    level.scans = std::make_shared<std::vector<std::shared_ptr<AggregateScan>>>();
    std::vector<Place> auxiliary;
    bool has_type = false;
    for (const PlaceMapper::MappedReference& mapped : mapper.references) {
        level.auxiliary.push_back(mapped.ref);
        auxiliary.push_back(mapped.place);
        has_type = has_type || mapped.place.type != DataType::kUnknown;
    }

    Rows rows;
    rows.grouping = level.grouping;
    level.target_grouping = &rows.grouping;
    std::vector<JoinedRows::Stream> streams;
    if (mapper.calls.empty() && has_type) {
        SLUICE_TRY(Points points, build_auxiliary(level));
        if (points != nullptr) streams.push_back({std::move(points), {}, auxiliary});
    }
    // With several calls, each row has the time of its window: the selectors may have found theirs
    // at different times.
    level.is_selector = mapper.calls.size() == 1 && is_selector(function_of(mapper.calls[0].call));
    for (const PlaceMapper::MappedCall& mapped : mapper.calls) {
        if (mapped.place.type == DataType::kUnknown) continue;
        SLUICE_TRY(Points points, build_call(mapped.call, level));
        if (points == nullptr) points = std::make_unique<NoPoints>();
        if (level.limits.counts_rows()) {
            points = std::make_unique<LimitPoints>(std::move(points), auxiliary.size(),
                                                   level.limits.limit, level.limits.offset);
        }
        streams.push_back({std::move(points), {mapped.place}, auxiliary});
    }
    if (streams.empty()) return rows;
    rows.cursor = std::make_unique<JoinedRows>(std::move(streams), std::move(options));
    return rows;
}

Result<CursorBuilder::Points> CursorBuilder::build_auxiliary(const Level& level) {
    SelectPlan plan = scan_plan(level);
    bool makes_rows = false;
    for (const Input& input : plan.inputs) {
        if (input.kind != Input::Kind::kField) continue;
        plan.fields[input.index].makes_rows = true;
        makes_rows = true;
    }
    // Without a field there is no row, however many tags are named. The limit is passed on to the
    // scan, which reads no more rows than can matter; LimitPoints counts exactly.
    std::vector<Points> scans;
    if (makes_rows) {
        plan.limits = level.limits;
        scans = build_scans(std::move(plan), level, std::nullopt);
    }
    SLUICE_TRY(Points points, merge_inputs(std::move(scans), level, nullptr));
    if (points == nullptr || !level.limits.counts_rows()) return points;
    return Points(std::make_unique<LimitPoints>(std::move(points), level.auxiliary.size(),
                                                level.limits.limit, level.limits.offset));
}

Result<CursorBuilder::Points> CursorBuilder::build_reference(const VarRef& ref,
                                                             const Level& level) {
    std::vector<Points> scans;
    SelectPlan plan = scan_plan(level);
    if (level.node->measurements.fields.contains(ref.name) && ref.type != DataType::kTag) {
        const std::uint32_t driver = plan.add_field(ref.name, ref.type, true);
        plan.group_rows_max = level.group_rows_max;
        scans = build_scans(std::move(plan), level, driver);
    }
    return merge_inputs(std::move(scans), level, &ref);
}

// Builds one scan, or several if a measurement is named more than once, because each of its entries
// in FROM has points of its own.
std::vector<CursorBuilder::Points> CursorBuilder::build_scans(SelectPlan plan, const Level& level,
                                                              std::optional<std::uint32_t> driver) {
    std::vector<Points> scans;
    plan.dimensions = level.grouping->dimensions();
    std::vector<PlannedSource> left = std::move(plan.sources);
    // Each turn takes the first mention of every measurement that is left.
    while (!left.empty()) {
        std::set<std::string, std::less<>> names;
        std::vector<PlannedSource> again;
        plan.sources.clear();
        for (PlannedSource& source : left) {
            const bool is_new = names.insert(source.measurement).second;
            (is_new ? plan.sources : again).push_back(std::move(source));
        }
        left = std::move(again);
        const bool limited = plan.limits.counts_rows();
        Points scan = std::make_unique<ScanPoints>(source_, budget_, plan, level.grouping, driver);
        if (limited && level.grouping->is_nested()) {
            scan = std::make_unique<LimitPoints>(std::move(scan), level.auxiliary.size(),
                                                 plan.limits.limit, plan.limits.offset);
        }
        scans.push_back(std::move(scan));
    }
    return scans;
}

// Merges the points of everything that FROM names: `scans` and the subqueries of the level. It
// returns null if there are neither. `value` is the name whose value the points have, if they have
// one.
Result<CursorBuilder::Points> CursorBuilder::merge_inputs(std::vector<Points> scans,
                                                          const Level& level, const VarRef* value) {
    std::vector<Points> inputs;
    for (const auto& subquery : level.node->subqueries) {
        SLUICE_TRY(Points input, build_subquery(*subquery, level, value));
        if (input != nullptr) inputs.push_back(std::move(input));
    }
    const auto at = level.node->subqueries_first ? inputs.end() : inputs.begin();
    inputs.insert(at, std::make_move_iterator(scans.begin()), std::make_move_iterator(scans.end()));
    if (inputs.empty()) return Points();
    // Each source is reduced by itself before they are merged, as InfluxDB's shards and subqueries
    // are: for a mean this is not the same as reducing all points together.
    if (level.source_call != nullptr) {
        for (Points& input : inputs) {
            SLUICE_TRY(input, reduce(std::move(input), *level.source_call, level, false));
        }
    }
    if (inputs.size() == 1) return std::move(inputs[0]);
    MergePoints::Options options;
    options.ascending = level.frame.ascending;
    options.auxiliary_width = level.auxiliary.size();
    options.is_sorted = value == nullptr && level.is_ordered;
    options.window = level.frame.window;
    return Points(std::make_unique<MergePoints>(std::move(inputs), options));
}

CursorBuilder::Points CursorBuilder::build_refused(const VarRef& ref, const Level& level,
                                                   Error error, Points input) {
    for (const auto& subquery : level.node->subqueries) {
        if (map_name(*subquery, ref).kind == RowValue::Kind::kNothing) continue;
        if (input == nullptr) input = std::make_unique<NoPoints>();
        return std::make_unique<RefusedSubquery>(std::move(input), std::move(error));
    }
    // Only series that have the field make InfluxDB refuse. Which they are is not known before the
    // series are listed, so the refusal is a cursor, too.
    SelectPlan plan = scan_plan(level);
    keep_groups_with_field(plan, catalog_, ref);
    if (plan.condition && !keep_what_an_index_judges(*plan.condition)) return Points();
    plan.dimensions = level.grouping->dimensions();
    return std::make_unique<RefusedPoints>(source_, budget_, std::move(plan), level.grouping,
                                           std::move(error));
}

Result<CursorBuilder::Points> CursorBuilder::build_subquery(const SelectNode& node,
                                                            const Level& level,
                                                            const VarRef* value) {
    SubqueryPoints::Options options;
    if (value != nullptr) {
        options.value = map_name(node, *value);
        if (options.value->kind == RowValue::Kind::kNothing) return Points();
        const bool is_tag = options.value->kind == RowValue::Kind::kTag;
        options.value_type = is_tag ? DataType::kString : options.value->type;
        if (!is_value_type(options.value_type)) return Points();
    }
    for (const VarRef& ref : level.auxiliary) options.auxiliary.push_back(map_name(node, ref));
    SLUICE_TRY(Rows rows, build_rows(node, subquery_level(node, level)));
    if (rows.cursor == nullptr) return Points(std::make_unique<NoPoints>());
    const std::vector<Column> columns = columns_of(node);
    if (level.node->condition) add_condition(*level.node->condition, columns, options);
    options.source = &source_;
    options.columns = columns.size();
    options.inner = rows.grouping;
    options.outer = level.grouping;
    return Points(std::make_unique<SubqueryPoints>(std::move(rows.cursor), std::move(options)));
}

// A name without a type is read as a tag: it is one that no field has. Fields of the condition are
// read too, but make no rows.
SelectPlan CursorBuilder::scan_plan(const Level& level) const {
    const SelectNode& node = *level.node;
    SelectPlan plan;
    plan.sources = node.measurements.sources;
    for (const VarRef& ref : level.auxiliary) {
        Input input;
        input.type = ref.type;
        if (ref.type == DataType::kTag || ref.type == DataType::kUnknown) {
            input.kind = Input::Kind::kTag;
            input.tag = ref.name;
        } else {
            input.index = plan.add_field(ref.name, ref.type);
        }
        plan.inputs.push_back(std::move(input));
    }
    if (node.condition) {
        plan.condition = node.condition;
        walk(*plan.condition, [&](Expr& expr) {
            auto* ref = expr.as<VarRef>();
            if (ref == nullptr) return;
            if (ref->type != DataType::kTag && ref->type != DataType::kUnknown) {
                plan.add_field(ref->name, ref->type);
                return;
            }
            ref->type = DataType::kTag;
            plan.add_condition_tag(ref->name);
        });
    }
    plan.window = level.frame.window;
    plan.time_min = std::max(level.frame.time_min, range_.begin);
    plan.time_max = level.frame.time_max;
    if (range_.end < model::kTimestampMax) plan.time_max = std::min(plan.time_max, range_.end - 1);
    plan.ascending = level.frame.ascending;
    // LIMIT and OFFSET are added where a scan may stop at them.
    plan.limits.series_limit = level.limits.series_limit;
    plan.limits.series_offset = level.limits.series_offset;
    return plan;
}

}  // namespace sluice::query
