#include "query/compile/select_node.h"

#include <algorithm>

#include "query/compile/column_names.h"
#include "query/compile/compile.h"
#include "query/compile/wildcards.h"
#include "query/compile/zoned_select.h"
#include "query/expr/expression_type.h"
#include "query/expr/function_table.h"

namespace sluice::query {
namespace {

using namespace influxql;

// Returns how many windows before its range a call reads.
std::int64_t extra_intervals(const Call& call) {
    const FunctionInfo* info = find_function(call);
    if (info == nullptr || info->kind != FunctionKind::kTransformation) return 0;
    if (info->function == Function::kIntegral) return 0;
    // Differences need one point before; averages need as many as they go back.
    const bool has_unit = info->function <= Function::kElapsed;
    if (has_unit || call.arguments.size() < 2) return 1;
    const auto* count = call.arguments[1].as<IntegerLiteral>();
    return count == nullptr ? 1 : count->value;
}

// The field or tag of a subquery's answer that a name stands for (influxql/ast.go:
// FieldExprByName).
const Expr* find_column(const SelectNode& node, std::string_view name) {
    for (const Field& field : node.fields) {
        if (field_name(field) == name) return &field.expr;
        const Call* call = as_top_or_bottom(field.expr);
        if (call == nullptr) continue;
        for (std::size_t i = 1; i + 1 < call->arguments.size(); ++i) {
            const auto* ref = call->arguments[i].as<VarRef>();
            if (ref != nullptr && ref->name == name) return &call->arguments[i];
        }
    }
    return nullptr;
}

bool has_dimension(const SelectNode& node, std::string_view name) {
    return std::find(node.dimensions.begin(), node.dimensions.end(), name) != node.dimensions.end();
}

// A field of a measurement over all groups; a name that is no field and a tag of some series is a
// tag.
DataType type_in_measurements(const SelectNode& node, std::string_view name) {
    const auto field = node.measurements.fields.find(name);
    if (field != node.measurements.fields.end()) return field->second;
    return node.tag_keys.contains(name) ? DataType::kTag : DataType::kUnknown;
}

// Among several sources the type that comes first in InfluxDB's order wins (data_type_less); a tag
// is last.
DataType type_of_name(const SelectNode& node, std::string_view name) {
    DataType type = type_in_measurements(node, name);
    for (const auto& subquery : node.subqueries) {
        if (const Expr* expr = find_column(*subquery, name)) {
            const Result<DataType> here = column_type(*expr);
            if (!here.ok()) return DataType::kUnknown;
            if (data_type_less(type, *here)) type = *here;
        }
        if (type == DataType::kUnknown && has_dimension(*subquery, name)) type = DataType::kTag;
    }
    return type;
}

void give_type(const SelectNode& node, Expr& expr) {
    auto* ref = expr.as<VarRef>();
    if (ref == nullptr) return;
    if (ref->type != DataType::kUnknown && ref->type != DataType::kAnyField) return;
    const DataType type = type_of_name(node, ref->name);
    const bool is_field = type != DataType::kTag && type != DataType::kUnknown;
    // x::field of a tag stays as it is: nothing. Where tags were not asked for, x may be one.
    const bool asked = node.measurements.sources.empty() || !node.tag_keys.empty();
    const bool may_be_tag = type == DataType::kTag || !asked;
    if (ref->type == DataType::kAnyField && may_be_tag && !is_field) return;
    ref->type = type;
}

// Returns what a wildcard stands for (influxql/ast.go: FieldDimensions).
void collect_names(const SelectNode& node, FieldTypes& fields, TagKeys& tags) {
    fields = node.measurements.fields;
    tags = node.tag_keys;
    for (const auto& subquery : node.subqueries) {
        for (const Field& field : subquery->fields) {
            // A column without a type is a column nevertheless.
            DataType& known = fields[field_name(field)];
            const Result<DataType> type = column_type(field.expr);
            if (type.ok() && data_type_less(known, *type)) known = *type;
        }
        tags.insert(subquery->dimensions.begin(), subquery->dimensions.end());
    }
}

}  // namespace

bool SelectNode::is_raw() const {
    bool raw = true;
    for (const Field& field : fields) {
        walk(field.expr, [&](const Expr& expr) {
            const auto* call = expr.as<Call>();
            raw = raw && (call == nullptr || is_math_function(*call));
        });
    }
    return raw;
}

Result<std::unique_ptr<SelectNode>> compile_statement(SelectStatement select, std::int64_t now_ns) {
    bring_times_to_utc(select);
    return compile_select(select, now_ns);
}

// The bounds may be the ends of time, where nothing can be added or taken away: then they stay.
model::TimeRange mapped_range(const SelectNode& node) {
    std::int64_t extra = 0;
    for (const Field& field : node.fields) {
        walk(field.expr, [&](const Expr& expr) {
            if (const auto* call = expr.as<Call>()) extra = std::max(extra, extra_intervals(*call));
        });
    }
    model::TimeRange range{node.frame.time_min, node.frame.time_max == model::kTimestampMax
                                                    ? model::kTimestampMax
                                                    : node.frame.time_max + 1};
    std::int64_t extra_ns = 0;
    if (__builtin_mul_overflow(extra, node.frame.window.interval_ns, &extra_ns)) {
        extra_ns = model::kTimestampMax;
    }
    std::int64_t moved = 0;
    if (node.frame.ascending) {
        const bool overflow = __builtin_sub_overflow(range.begin, extra_ns, &moved);
        range.begin = overflow ? model::kTimestampMin : std::max(moved, model::kTimestampMin);
    } else {
        const bool overflow = __builtin_add_overflow(range.end, extra_ns, &moved);
        range.end = overflow ? model::kTimestampMax : std::min(moved, model::kTimestampMax);
    }
    return range;
}

Result<void> resolve_node(SelectNode& node, const SelectStatement& select,
                          const meta::Catalog& catalog, const model::TimeRange& range) {
    std::vector<Source> measurements;
    std::size_t next = 0;
    for (const Source& source : select.sources) {
        if (const SelectStatement* inner = source.subquery()) {
            SLUICE_TRY_VOID(resolve_node(*node.subqueries[next++], *inner, catalog, range));
        } else {
            measurements.push_back(source);
        }
    }
    SLUICE_TRY(node.measurements, resolve_sources(measurements, catalog, range));
    return {};
}

// Tag keys are asked of every core, which takes time that grows with the number of series, so it is
// worth knowing when they do not matter. A name that no field has is a tag or nothing. Where
// columns are plain names, both are read the same way: as a tag, which no series has in the latter
// case.
bool needs_tag_keys(const SelectNode& node) {
    bool is_wild = !node.subqueries.empty();
    bool combines = !node.is_raw() || node.is_subquery;
    bool names_others = false;
    const auto check = [&](const Expr& expr) {
        is_wild = is_wild || expr.is<Wildcard>() || expr.is<RegexLiteral>();
        combines = combines || expr.is<BinaryExpr>() || expr.is<Call>();
        const auto* ref = expr.as<VarRef>();
        names_others =
            names_others || (ref != nullptr && !node.measurements.fields.contains(ref->name));
    };
    for (const Field& field : node.fields) walk(field.expr, check);
    for (const Expr& dimension : node.wildcard_dimensions) {
        is_wild = is_wild || dimension.is<Wildcard>() || dimension.is<RegexLiteral>();
    }
    return is_wild || (combines && names_others);
}

// Subqueries come first: the types of their columns are those of names in the query around them.
Result<void> rewrite_node(SelectNode& node) {
    for (const auto& subquery : node.subqueries) {
        SLUICE_TRY_VOID(rewrite_node(*subquery));
    }
    for (Field& field : node.fields) {
        walk(field.expr, [&](Expr& expr) { give_type(node, expr); });
    }
    if (node.condition) {
        walk(*node.condition, [&](Expr& expr) { give_type(node, expr); });
    }
    FieldTypes fields;
    TagKeys tags;
    collect_names(node, fields, tags);
    SLUICE_TRY_VOID(expand_wildcards(node.fields, node.wildcard_dimensions, fields, tags));
    for (const Expr& dimension : node.wildcard_dimensions) {
        if (const auto* ref = dimension.as<VarRef>()) node.dimensions.push_back(ref->name);
    }
    return {};
}

std::vector<Column> columns_of(const SelectNode& node) {
    std::vector<Field> fields;
    for (const Field& field : node.fields) {
        fields.push_back(field);
        const Call* call = as_top_or_bottom(field.expr);
        if (call == nullptr || node.has_target) continue;
        for (std::size_t i = 1; i + 1 < call->arguments.size(); ++i) {
            fields.push_back({call->arguments[i], {}});
        }
    }
    std::vector<std::string> names = column_names(fields);
    std::vector<Column> columns;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        columns.push_back({std::move(names[i]), std::move(fields[i].expr)});
    }
    return columns;
}

}  // namespace sluice::query
