#include "query/compile/column_names.h"

#include <map>

namespace sluice::query {

using namespace influxql;

namespace {

void join_names(const Expr& expr, std::string& out) {
    const auto append = [&](const std::string& name) {
        if (!out.empty()) out += '_';
        out += name;
    };
    if (const auto* ref = expr.as<VarRef>()) append(ref->name);
    if (const auto* call = expr.as<Call>()) append(call->name);
    if (const auto* paren = expr.as<ParenExpr>()) join_names(*paren->inner, out);
    if (const auto* binary = expr.as<BinaryExpr>()) {
        join_names(*binary->left, out);
        join_names(*binary->right, out);
    }
}

}  // namespace

std::string field_name(const Field& field) {
    if (!field.alias.empty()) return field.alias;
    std::string name;
    join_names(field.expr, name);
    return name;
}

std::vector<std::string> column_names(const std::vector<Field>& fields) {
    std::vector<std::string> names(fields.size());
    // By name: the number that the next column of the name would get. Aliases are never changed, so
    // they are taken first, wherever they stand.
    std::map<std::string, int> used;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].alias.empty()) continue;
        names[i] = fields[i].alias;
        used[fields[i].alias] = 1;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!names[i].empty()) continue;
        std::string name = field_name(fields[i]);
        if (const auto conflict = used.find(name); conflict != used.end()) {
            for (int count = conflict->second;; ++count) {
                const std::string numbered = name + "_" + std::to_string(count);
                if (used.contains(numbered)) continue;
                conflict->second = count + 1;
                name = numbered;
                break;
            }
        }
        ++used[name];
        names[i] = std::move(name);
    }
    return names;
}

}  // namespace sluice::query
