#include "query/wildcards.h"

#include <algorithm>

#include "sluice/influxql/printer.h"

namespace sluice::query {
namespace {

using namespace influxql;

bool stands_for_many(const Expr& expr) {
    return expr.is<Wildcard>() || expr.is<RegexLiteral>();
}

bool field_list_has_wildcard(const std::vector<Field>& fields) {
    bool found = false;
    for (const Field& field : fields) {
        walk(field.expr, [&](const Expr& expr) { found = found || stands_for_many(expr); });
    }
    return found;
}

// Fields, and the tags that are not grouped by, sorted by name, then type.
std::vector<VarRef> expansion(const CompiledSelect& compiled, const FieldTypes& fields,
                              const TagKeys& tags, bool dimension_wildcard) {
    std::vector<VarRef> refs;
    if (fields.empty()) return refs;
    for (const auto& [name, type] : fields) refs.push_back({name, type});
    if (dimension_wildcard) return refs;
    for (const std::string& tag : tags) {
        const bool grouped = std::any_of(compiled.dimensions.begin(), compiled.dimensions.end(),
                                         [&](const Expr& dimension) {
                                             const auto* ref = dimension.as<VarRef>();
                                             return ref != nullptr && ref->name == tag;
                                         });
        if (!grouped) refs.push_back({tag, DataType::kTag});
    }
    std::sort(refs.begin(), refs.end(), [](const VarRef& a, const VarRef& b) {
        return a.name != b.name ? a.name < b.name : a.type < b.type;
    });
    return refs;
}

bool accepts(const Expr& wildcard, const VarRef& ref) {
    if (const auto* regex = wildcard.as<RegexLiteral>()) return regex->regex.matches(ref.name);
    const WildcardKind kind = wildcard.as<Wildcard>()->kind;
    if (kind == WildcardKind::kFields) return ref.type != DataType::kTag;
    if (kind == WildcardKind::kTags) return ref.type == DataType::kTag;
    return true;
}

bool function_takes(std::string_view function, DataType type) {
    switch (type) {
        case DataType::kFloat:
        case DataType::kInteger:
        case DataType::kUnsigned:
            return true;
        case DataType::kString:
            return function == "count" || function == "first" || function == "last";
        case DataType::kBoolean:
            return function != "sum" && function != "mean";
        default:
            return false;
    }
}

Result<void> expand_call(const Field& field, const Call& call, const std::vector<VarRef>& refs,
                         std::vector<Field>& out) {
    const Expr& argument = call.arguments[0];
    if (const auto* wildcard = argument.as<Wildcard>();
        wildcard != nullptr && wildcard->kind == WildcardKind::kTags) {
        return Error{ErrorKind::kInvalid, "unable to use tag wildcard in " + call.name + "()"};
    }
    for (const VarRef& ref : refs) {
        if (!function_takes(call.name, ref.type)) continue;
        if (argument.is<RegexLiteral>() && !accepts(argument, ref)) continue;
        out.push_back({Call{call.name, {Expr(ref)}}, field_name(field) + "_" + ref.name});
    }
    return {};
}

Result<void> expand_field(const Field& field, const std::vector<VarRef>& refs,
                          std::vector<Field>& out) {
    if (stands_for_many(field.expr)) {
        for (const VarRef& ref : refs) {
            if (accepts(field.expr, ref)) out.push_back({Expr(ref), {}});
        }
        return {};
    }
    const auto* call = field.expr.as<Call>();
    if (call != nullptr && !call->arguments.empty() && stands_for_many(call->arguments[0])) {
        return expand_call(field, *call, refs, out);
    }
    bool wildcard = false;
    bool regex = false;
    walk(field.expr, [&](const Expr& expr) {
        wildcard = wildcard || expr.is<Wildcard>();
        regex = regex || expr.is<RegexLiteral>();
    });
    if (wildcard) {
        return Error{ErrorKind::kInvalid,
                     "unsupported expression with wildcard: " + to_string(field.expr)};
    }
    if (regex) {
        return Error{ErrorKind::kInvalid,
                     "unsupported expression with regex field: " + to_string(field.expr)};
    }
    out.push_back(field);
    return {};
}

}  // namespace

Result<void> expand_wildcards(CompiledSelect& compiled, const FieldTypes& fields,
                              const TagKeys& tags) {
    const bool dimension_wildcard =
        std::any_of(compiled.dimensions.begin(), compiled.dimensions.end(), stands_for_many);
    if (field_list_has_wildcard(compiled.fields)) {
        const std::vector<VarRef> refs = expansion(compiled, fields, tags, dimension_wildcard);
        std::vector<Field> expanded;
        for (const Field& field : compiled.fields) {
            SLUICE_TRY_VOID(expand_field(field, refs, expanded));
        }
        compiled.fields = std::move(expanded);
    }
    if (!dimension_wildcard) return {};
    std::vector<Expr> dimensions;
    for (const Expr& dimension : compiled.dimensions) {
        if (!stands_for_many(dimension)) {
            dimensions.push_back(dimension);
            continue;
        }
        for (const std::string& tag : tags) {
            const auto* regex = dimension.as<RegexLiteral>();
            if (regex == nullptr || regex->regex.matches(tag)) {
                dimensions.push_back(VarRef{tag, DataType::kUnknown});
            }
        }
    }
    compiled.dimensions = std::move(dimensions);
    return {};
}

}  // namespace sluice::query
