#include "query/statements/delete_condition.h"

#include <algorithm>
#include <vector>

namespace sluice::query {
namespace {

using namespace influxql;
using model::SeriesPredicate;
using Kind = SeriesPredicate::Kind;

// Each part of the condition gives two predicates: what certainly is to go, and what may have to,
// if fields were asked. They differ where has_leftovers is set. Deleting goes by the first alone.
class Compiler {
public:
    explicit Compiler(const std::function<bool(std::string_view)>& is_field)
        : is_field_(is_field) {}

    DeleteCondition compile(const Expr& expr) const {
        if (const auto* paren = expr.as<ParenExpr>()) return compile(*paren->inner);
        if (const auto* boolean = expr.as<BooleanLiteral>()) {
            return decided(boolean->value ? SeriesPredicate() : SeriesPredicate::none());
        }
        const auto* binary = expr.as<BinaryExpr>();
        if (binary == nullptr) return decided(SeriesPredicate::none());
        if (binary->op != Operator::kAnd && binary->op != Operator::kOr) {
            return compile_comparison(*binary);
        }
        return compile_chain(expr, binary->op);
    }

private:
    // A chain of ANDs or ORs leans to the left. It becomes one list of parts, not one in another at
    // each operator.
    DeleteCondition compile_chain(const Expr& expr, Operator op) const {
        std::vector<const Expr*> operands;
        const Expr* rest = &expr;
        for (;;) {
            const auto* binary = rest->as<BinaryExpr>();
            if (binary == nullptr || binary->op != op) break;
            operands.push_back(binary->right.get());
            rest = binary->left.get();
        }
        operands.push_back(rest);
        std::reverse(operands.begin(), operands.end());
        std::vector<SeriesPredicate> certain;
        std::vector<SeriesPredicate> possible;
        bool has_leftovers = false;
        for (const Expr* operand : operands) {
            DeleteCondition part = compile(*operand);
            certain.push_back(std::move(part.certain));
            possible.push_back(std::move(part.possible));
            has_leftovers = has_leftovers || part.has_leftovers;
        }
        const Kind kind = op == Operator::kAnd ? Kind::kAnd : Kind::kOr;
        return {SeriesPredicate::combine(kind, std::move(certain)),
                SeriesPredicate::combine(kind, std::move(possible)), has_leftovers};
    }
    static DeleteCondition decided(SeriesPredicate predicate) {
        return {predicate, predicate, false};
    }
    // A part that tags do not decide: nothing is certain of it, and everything possible.
    static DeleteCondition leftover() { return {SeriesPredicate::none(), SeriesPredicate(), true}; }

    bool is_field(const VarRef& ref) const {
        if (ref.name == "_name") return false;
        return ref.type == DataType::kUnknown ? is_field_(ref.name) : ref.type != DataType::kTag;
    }

    DeleteCondition compile_comparison(const BinaryExpr& binary) const {
        if (binary.left->is<BinaryExpr>() || binary.right->is<BinaryExpr>()) return leftover();
        // The sides change places without the operator being turned round, as there.
        const auto* key = binary.left->as<VarRef>();
        const Expr* value = binary.right.get();
        if (key == nullptr) {
            key = binary.right->as<VarRef>();
            value = binary.left.get();
        }
        if (key == nullptr || is_field(*key)) return leftover();
        if (const auto* text = value->as<StringLiteral>()) {
            return decided(compare_text(key->name, binary.op, text->value));
        }
        if (const auto* regex = value->as<RegexLiteral>()) {
            return decided(compare_regex(key->name, binary.op, regex->regex));
        }
        const auto* other = value->as<VarRef>();
        if (other == nullptr || is_field(*other)) return leftover();
        return decided(SeriesPredicate::compare(
            binary.op == Operator::kEqual ? Kind::kBothTags : Kind::kFirstTagOnly, key->name,
            other->name));
    }

    static SeriesPredicate compare_text(const std::string& key, Operator op,
                                        const std::string& text) {
        const bool known = op == Operator::kEqual || op == Operator::kNotEqual;
        if (key == "_name" && !known) return SeriesPredicate::none();
        return SeriesPredicate::compare(op == Operator::kEqual ? Kind::kEqual : Kind::kNotEqual,
                                        key, text);
    }

    static SeriesPredicate compare_regex(const std::string& key, Operator op, const Regex& regex) {
        const bool known = op == Operator::kMatches || op == Operator::kNotMatches;
        if (key == "_name" && !known) return SeriesPredicate::none();
        return SeriesPredicate::match(op == Operator::kMatches ? Kind::kMatches : Kind::kNotMatches,
                                      key, regex);
    }

    const std::function<bool(std::string_view)>& is_field_;
};

}  // namespace

DeleteCondition compile_delete_condition(const ExprBox& condition,
                                         const std::function<bool(std::string_view)>& is_field) {
    if (!condition) return {};
    return Compiler(is_field).compile(*condition);
}

}  // namespace sluice::query
