#include "query/select/left_out_values.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "query/expr/value.h"

namespace sluice::query {
namespace {

using namespace influxql;

bool is_number(DataType type) {
    return type == DataType::kFloat || type == DataType::kInteger || type == DataType::kUnsigned;
}

bool is_brought_to(DataType type, DataType wanted) {
    return type == wanted || (is_number(type) && is_number(wanted));
}

using Groups = std::map<model::ShardGroupId, const meta::ShardGroup*>;

Groups groups_of(const meta::Catalog& catalog) {
    Groups groups;
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            for (const auto& group : policy->shard_groups) groups[group->id] = group.get();
        }
    }
    return groups;
}

// The types that a field has in what the statement reads.
std::set<DataType> types_of(const SelectNode& node, const Groups& groups, std::string_view field) {
    std::set<DataType> types;
    for (const PlannedSource& source : node.measurements.sources) {
        for (const model::ShardSlot& slot : source.groups) {
            const auto group = groups.find(slot.group);
            if (group == groups.end()) continue;
            const auto* schema = group->second->measurements.find(source.measurement);
            const meta::Field* found = schema == nullptr ? nullptr : schema->find_field(field);
            if (found != nullptr) types.insert(data_type_of(found->type));
        }
    }
    return types;
}

// Only then is a value that is not written one that the user would miss.
bool writes_all_values(const SelectNode& node) {
    return node.is_raw() && node.subqueries.empty() && !node.limits.counts_rows() &&
           !node.limits.counts_series();
}

}  // namespace

std::vector<LeftOutValues> find_left_out(const SelectNode& node, const meta::Catalog& catalog) {
    std::vector<LeftOutValues> left_out;
    if (!writes_all_values(node)) return left_out;
    const Groups groups = groups_of(catalog);
    std::set<std::string> seen;
    for (const Field& field : node.fields) {
        const auto* ref = field.expr.as<VarRef>();
        if (ref == nullptr || !seen.insert(ref->name).second) continue;
        for (const DataType type : types_of(node, groups, ref->name)) {
            if (!is_brought_to(type, ref->type)) left_out.push_back({ref->name, ref->type, type});
        }
    }
    return left_out;
}

// A name with a type behind it reads the values of that type only, so a count() of it counts what
// the statement did not read.
SelectStatement counting_statement(SelectStatement select,
                                   const std::vector<LeftOutValues>& left_out) {
    SelectStatement counting;
    counting.sources = std::move(select.sources);
    counting.condition = std::move(select.condition);
    counting.time_zone = std::move(select.time_zone);
    for (const LeftOutValues& each : left_out) {
        Call count{"count", {}};
        count.arguments.emplace_back(VarRef{each.field, each.type});
        counting.fields.push_back({Expr(std::move(count)), {}});
    }
    return counting;
}

std::string left_out_text(const std::vector<LeftOutValues>& left_out) {
    std::uint64_t total = 0;
    std::string text;
    const LeftOutValues* before = nullptr;
    for (const LeftOutValues& each : left_out) {
        if (each.count == 0) continue;
        total += each.count;
        if (before == nullptr || before->field != each.field) {
            text += before == nullptr ? ": " : "; ";
            text += "field \"" + each.field + "\" is read as ";
            text += data_type_name(each.read_as);
            text += " and also has ";
        } else {
            text += ", ";
        }
        text += std::to_string(each.count) + " of type ";
        text += data_type_name(each.type);
        before = &each;
    }
    if (total == 0) return {};
    return std::to_string(total) + " values could not be written" + text;
}

}  // namespace sluice::query
