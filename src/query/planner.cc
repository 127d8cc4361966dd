#include "query/planner.h"

#include <algorithm>

#include "query/wildcards.h"
#include "sluice/influxql/printer.h"

namespace sluice::query {
namespace {

using namespace influxql;

Error invalid(std::string message) {
    return {ErrorKind::kInvalid, std::move(message)};
}

// A value of the type, for finding out what an operation on it gives.
Value zero_of(DataType type) {
    switch (type) {
        case DataType::kFloat:
            return Value::of_float(0);
        case DataType::kInteger:
            return Value::of_integer(0);
        case DataType::kUnsigned:
            return Value::of_unsigned(0);
        case DataType::kString:
        case DataType::kTag:
            return Value::of_string({});
        case DataType::kBoolean:
            return Value::of_boolean(false);
        default:
            return {};
    }
}

DataType type_of(Value value) {
    switch (value.kind()) {
        case Value::Kind::kFloat:
            return DataType::kFloat;
        case Value::Kind::kInteger:
            return DataType::kInteger;
        case Value::Kind::kUnsigned:
            return DataType::kUnsigned;
        case Value::Kind::kString:
            return DataType::kString;
        case Value::Kind::kBoolean:
            return DataType::kBoolean;
        case Value::Kind::kNull:
            break;
    }
    return DataType::kUnknown;
}

Result<DataType> expression_type(const Expr& expr);

Result<DataType> binary_type(const BinaryExpr& binary) {
    SLUICE_TRY(const DataType left, expression_type(*binary.left));
    SLUICE_TRY(const DataType right, expression_type(*binary.right));
    const auto type_error = [&](std::string why) {
        return invalid("type error: " + to_string(Expr(binary)) + ": " + std::move(why));
    };
    const bool mixed = (left == DataType::kUnsigned && right == DataType::kInteger) ||
                       (left == DataType::kInteger && right == DataType::kUnsigned);
    if (mixed) {
        const Expr& is_unsigned = left == DataType::kUnsigned ? *binary.left : *binary.right;
        const Expr& is_integer = left == DataType::kUnsigned ? *binary.right : *binary.left;
        const std::string op(operator_text(binary.op));
        if (is_literal(is_unsigned)) {
            return type_error("cannot use " + op + " with an integer and unsigned literal");
        }
        if (!is_literal(is_integer)) {
            return type_error("cannot use " + op +
                              " between an integer and unsigned, an explicit cast is required");
        }
    }
    if (left == DataType::kUnknown) return right;
    if (right == DataType::kUnknown) return left;
    const DataType result =
        type_of(evaluate_operation(binary.op, zero_of(left), zero_of(right), false));
    if (result == DataType::kUnknown) {
        return type_error("incompatible types: " + std::string(data_type_name(left)) + " and " +
                          std::string(data_type_name(right)));
    }
    return result;
}

Result<DataType> expression_type(const Expr& expr) {
    if (const auto* ref = expr.as<VarRef>()) return ref->type;
    if (const auto* paren = expr.as<ParenExpr>()) return expression_type(*paren->inner);
    if (const auto* binary = expr.as<BinaryExpr>()) return binary_type(*binary);
    if (const auto* call = expr.as<Call>()) {
        std::vector<DataType> arguments;
        for (const Expr& argument : call->arguments) {
            SLUICE_TRY(const DataType type, expression_type(argument));
            arguments.push_back(type);
        }
        return call_type(call->name, arguments);
    }
    if (expr.is<NumberLiteral>()) return DataType::kFloat;
    if (expr.is<IntegerLiteral>()) return DataType::kInteger;
    if (expr.is<UnsignedLiteral>()) return DataType::kUnsigned;
    if (expr.is<StringLiteral>()) return DataType::kString;
    if (expr.is<BooleanLiteral>()) return DataType::kBoolean;
    return DataType::kUnknown;
}

class Planner {
public:
    Planner(const SelectStatement& select, CompiledSelect compiled, ResolvedSources resolved,
            const TagKeys& tags)
        : select_(select),
          compiled_(std::move(compiled)),
          resolved_(std::move(resolved)),
          tags_(tags) {}

    Result<SelectPlan> run() {
        type_references(compiled_.fields);
        if (compiled_.condition) {
            walk(*compiled_.condition, [this](Expr& expr) { give_type(expr); });
        }
        SLUICE_TRY_VOID(expand_wildcards(compiled_, resolved_.fields, tags_));
        for (const Field& field : compiled_.fields) {
            SLUICE_TRY(const DataType type, expression_type(field.expr));
            (void)type;
        }
        copy_clauses();
        SLUICE_TRY_VOID(place_outputs());
        place_condition();
        return std::move(plan_);
    }

private:
    void type_references(std::vector<Field>& fields) {
        for (Field& field : fields) {
            walk(field.expr, [this](Expr& expr) { give_type(expr); });
        }
    }

    // The type of a field over all groups; a name that is no field and a tag of some series is a
    // tag; else it stays unknown.
    void give_type(Expr& expr) {
        auto* ref = expr.as<VarRef>();
        if (ref == nullptr) return;
        if (ref->type != DataType::kUnknown && ref->type != DataType::kAnyField) return;
        const auto field = resolved_.fields.find(ref->name);
        if (field != resolved_.fields.end()) {
            ref->type = field->second;
        } else if (ref->type == DataType::kUnknown && tags_.contains(ref->name)) {
            ref->type = DataType::kTag;
        }
    }

    void copy_clauses() {
        plan_.sources = std::move(resolved_.sources);
        plan_.time_name = std::move(compiled_.time_name);
        plan_.window = compiled_.window;
        plan_.time_min = compiled_.time_min;
        plan_.time_max = compiled_.time_max;
        plan_.ascending = select_.ascending();
        plan_.fill = select_.fill;
        plan_.fill_value = select_.fill_value;
        plan_.limit = select_.limit;
        plan_.offset = select_.offset;
        plan_.series_limit = select_.series_limit;
        plan_.series_offset = select_.series_offset;
        for (const Expr& dimension : compiled_.dimensions) {
            if (const auto* ref = dimension.as<VarRef>()) plan_.dimensions.push_back(ref->name);
        }
        std::sort(plan_.dimensions.begin(), plan_.dimensions.end());
        plan_.dimensions.erase(std::unique(plan_.dimensions.begin(), plan_.dimensions.end()),
                               plan_.dimensions.end());
    }

    std::uint32_t scan_field(const std::string& name, DataType type, bool makes_rows) {
        for (std::uint32_t i = 0; i < plan_.fields.size(); ++i) {
            ScanField& field = plan_.fields[i];
            if (field.name == name && field.type == type) {
                field.makes_rows = field.makes_rows || makes_rows;
                return i;
            }
        }
        plan_.fields.push_back({name, type, makes_rows});
        return static_cast<std::uint32_t>(plan_.fields.size() - 1);
    }

    bool is_field(const VarRef& ref) const {
        return ref.type != DataType::kTag && ref.type != DataType::kUnknown &&
               resolved_.fields.contains(ref.name);
    }

    int add_input(Input input) {
        for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
            const Input& known = plan_.inputs[i];
            if (known.kind == input.kind && known.index == input.index && known.tag == input.tag) {
                return static_cast<int>(i);
            }
        }
        plan_.inputs.push_back(std::move(input));
        return static_cast<int>(plan_.inputs.size() - 1);
    }

    int reference_input(const VarRef& ref, bool raw) {
        if (is_field(ref)) {
            return add_input(
                {Input::Kind::kField, scan_field(ref.name, ref.type, raw), {}, ref.type});
        }
        return add_input({Input::Kind::kTag, 0, ref.name, DataType::kTag});
    }

    Result<int> call_input(const Call& call) {
        const auto* ref = call.arguments[0].as<VarRef>();
        const Function function = find_function(call.name)->function;
        // A function of something that is no field has no value anywhere.
        if (ref == nullptr || !is_field(*ref)) return -1;
        SLUICE_TRY_VOID(check_argument_type(call, ref->type));
        SLUICE_TRY(const DataType result, call_type(call.name, {&ref->type, 1}));
        const AggregateCall wanted{function, scan_field(ref->name, ref->type, false), ref->type,
                                   result};
        for (std::uint32_t i = 0; i < plan_.calls.size(); ++i) {
            if (plan_.calls[i].function == wanted.function &&
                plan_.calls[i].field == wanted.field) {
                return add_input({Input::Kind::kCall, i, {}, wanted.result});
            }
        }
        plan_.calls.push_back(wanted);
        return add_input({Input::Kind::kCall,
                          static_cast<std::uint32_t>(plan_.calls.size() - 1),
                          {},
                          wanted.result});
    }

    // Finds a place for everything `expr` refers to; calls are replaced by references to places.
    Result<void> place(Expr& expr, bool raw) {
        if (const auto* call = expr.as<Call>()) {
            SLUICE_TRY(const int input, call_input(*call));
            expr = VarRef{std::to_string(input), DataType::kAnyField};
        } else if (const auto* ref = expr.as<VarRef>()) {
            expr = VarRef{std::to_string(reference_input(*ref, raw)), DataType::kAnyField};
        } else if (auto* paren = expr.as<ParenExpr>()) {
            return place(*paren->inner, raw);
        } else if (auto* binary = expr.as<BinaryExpr>()) {
            SLUICE_TRY_VOID(place(*binary->left, raw));
            return place(*binary->right, raw);
        }
        return {};
    }

    Result<void> place_outputs() {
        bool raw = true;
        for (const Field& field : compiled_.fields) {
            walk(field.expr, [&](const Expr& expr) { raw = raw && !expr.is<Call>(); });
        }
        plan_.aggregates = !raw;
        const std::vector<std::string> names = column_names(compiled_.fields);
        for (std::size_t i = 0; i < compiled_.fields.size(); ++i) {
            Output output{names[i], std::move(compiled_.fields[i].expr), -1};
            SLUICE_TRY_VOID(place(output.expr, raw));
            if (const auto* ref = output.expr.as<VarRef>()) output.input = std::stoi(ref->name);
            plan_.outputs.push_back(std::move(output));
        }
        return {};
    }

    void place_condition() {
        plan_.condition = std::move(compiled_.condition);
        if (!plan_.condition) return;
        walk(*plan_.condition, [this](Expr& expr) {
            auto* ref = expr.as<VarRef>();
            if (ref == nullptr) return;
            if (is_field(*ref)) {
                scan_field(ref->name, ref->type, false);
            } else {
                ref->type = DataType::kTag;
                if (std::find(plan_.condition_tags.begin(), plan_.condition_tags.end(),
                              ref->name) == plan_.condition_tags.end()) {
                    plan_.condition_tags.push_back(ref->name);
                }
            }
        });
    }

    const SelectStatement& select_;
    CompiledSelect compiled_;
    ResolvedSources resolved_;
    const TagKeys& tags_;
    SelectPlan plan_;
};

}  // namespace

bool needs_tag_keys(const CompiledSelect& compiled) {
    bool needs = false;
    const auto check = [&](const Expr& expr) {
        needs = needs || expr.is<Wildcard>() || expr.is<RegexLiteral>() || expr.is<BinaryExpr>();
    };
    for (const Field& field : compiled.fields) walk(field.expr, check);
    for (const Expr& dimension : compiled.dimensions) check(dimension);
    return needs;
}

Result<SelectPlan> make_plan(const SelectStatement& select, CompiledSelect compiled,
                             ResolvedSources resolved, const TagKeys& tags) {
    return Planner(select, std::move(compiled), std::move(resolved), tags).run();
}

std::vector<std::uint32_t> SelectPlan::auxiliary_inputs() const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].kind != Input::Kind::kCall) found.push_back(i);
    }
    return found;
}

}  // namespace sluice::query
