#include "query/compile/wildcards.h"

#include <algorithm>

#include "query/compile/column_names.h"
#include "query/expr/function_table.h"
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
std::vector<VarRef> expansion(const std::vector<Expr>& dimensions, const FieldTypes& fields,
                              const TagKeys& tags, bool dimension_wildcard) {
    std::vector<VarRef> refs;
    // Tags alone make no rows, so without fields a wildcard stands for nothing.
    if (fields.empty()) return refs;
    for (const auto& [name, type] : fields) refs.push_back({name, type});
    if (dimension_wildcard) return refs;
    for (const std::string& tag : tags) {
        const bool grouped =
            std::any_of(dimensions.begin(), dimensions.end(), [&](const Expr& dimension) {
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

// Whether a wildcard or regular expression among the fields stands for this name.
bool accepts(const Expr& wildcard, const VarRef& ref) {
    if (const auto* regex = wildcard.as<RegexLiteral>()) return regex->regex.matches(ref.name);
    const WildcardKind kind = wildcard.as<Wildcard>()->kind;
    if (kind == WildcardKind::kFields) return ref.type != DataType::kTag;
    if (kind == WildcardKind::kTags) return ref.type == DataType::kTag;
    return true;
}

// Types beside numbers that a function over a wildcard is applied to.
bool function_takes(Function function, DataType type) {
    using enum Function;
    switch (type) {
        case DataType::kFloat:
        case DataType::kInteger:
            return true;
        case DataType::kUnsigned:
            return function != kHoltWinters && function != kHoltWintersWithFit;
        case DataType::kBoolean:
            if (function == kMin || function == kMax) return true;
            [[fallthrough]];
        case DataType::kString:
            return function == kCount || function == kFirst || function == kLast ||
                   function == kDistinct || function == kElapsed || function == kMode ||
                   function == kSample;
        default:
            return false;
    }
}

// The call in a chain of calls that has something else than a call as its argument; null where it
// has none.
Call* innermost_call(Call& call) {
    Call* inner = &call;
    while (!inner->arguments.empty()) {
        Call* next = inner->arguments[0].as<Call>();
        if (next == nullptr) return inner;
        inner = next;
    }
    return nullptr;
}

Result<void> expand_call(const Field& field, const std::vector<VarRef>& refs,
                         std::vector<Field>& out) {
    Call whole = *field.expr.as<Call>();
    Call& call = *innermost_call(whole);
    const Expr argument = call.arguments[0];
    if (const auto* wildcard = argument.as<Wildcard>();
        wildcard != nullptr && wildcard->kind == WildcardKind::kTags) {
        return Error{ErrorKind::kInvalid, "unable to use tag wildcard in " + call.name + "()"};
    }
    const Function function = function_of(call);
    // The argument is replaced in place and the whole chain copied, for each name.
    for (const VarRef& ref : refs) {
        if (!function_takes(function, ref.type)) continue;
        if (argument.is<RegexLiteral>() && !accepts(argument, ref)) continue;
        call.arguments[0] = ref;
        out.push_back({Expr(whole), field_name(field) + "_" + ref.name});
    }
    return {};
}

// A wildcard stands for a field per name. Inside a call it makes a call per name whose type the
// function takes, and in any other expression it is refused.
Result<void> expand_field(const Field& field, const std::vector<VarRef>& refs,
                          std::vector<Field>& out) {
    if (stands_for_many(field.expr)) {
        for (const VarRef& ref : refs) {
            if (accepts(field.expr, ref)) out.push_back({Expr(ref), {}});
        }
        return {};
    }
    if (const auto* call = field.expr.as<Call>()) {
        Call whole = *call;
        const Call* inner = innermost_call(whole);
        if (inner != nullptr && stands_for_many(inner->arguments[0])) {
            return expand_call(field, refs, out);
        }
        out.push_back(field);
        return {};
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

// Fields are expanded first, while the dimensions are still as they were written: a wildcard among
// the fields does not stand for tags that GROUP BY names, and GROUP BY * names all.
Result<void> expand_wildcards(std::vector<Field>& fields, std::vector<Expr>& dimensions,
                              const FieldTypes& types, const TagKeys& tags) {
    const bool dimension_wildcard =
        std::any_of(dimensions.begin(), dimensions.end(), stands_for_many);
    if (field_list_has_wildcard(fields)) {
        const std::vector<VarRef> refs = expansion(dimensions, types, tags, dimension_wildcard);
        std::vector<Field> expanded;
        for (const Field& field : fields) {
            SLUICE_TRY_VOID(expand_field(field, refs, expanded));
        }
        fields = std::move(expanded);
    }
    if (!dimension_wildcard) return {};
    std::vector<Expr> expanded;
    for (const Expr& dimension : dimensions) {
        if (!stands_for_many(dimension)) {
            expanded.push_back(dimension);
            continue;
        }
        for (const std::string& tag : tags) {
            const auto* regex = dimension.as<RegexLiteral>();
            if (regex == nullptr || regex->regex.matches(tag)) {
                expanded.push_back(VarRef{tag, DataType::kUnknown});
            }
        }
    }
    dimensions = std::move(expanded);
    return {};
}

}  // namespace sluice::query
