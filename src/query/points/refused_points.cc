#include "query/points/refused_points.h"

namespace sluice::query {
namespace {

using influxql::DataType;

bool is_number(DataType type) {
    return type == DataType::kFloat || type == DataType::kInteger || type == DataType::kUnsigned;
}

const meta::ShardGroup* find_group(const meta::Catalog& catalog, model::ShardGroupId id) {
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            for (const auto& group : policy->shard_groups) {
                if (group->id == id) return group.get();
            }
        }
    }
    return nullptr;
}

}  // namespace

// Listing the series is enough: if the condition leaves any, InfluxDB would meet it.
io::Task<Result<bool>> RefusedPoints::next(PointBlock& block) {
    block.clear();
    Result<void> prepared = co_await scan_.prepare();
    if (!prepared.ok()) co_return std::move(prepared).error();
    if (scan_.outer_count() != 0) co_return error_;
    co_return false;
}

io::Task<Result<bool>> RefusedSubquery::next(PointBlock& block) {
    Result<bool> read = co_await input_->next(block);
    if (!read.ok()) co_return std::move(read).error();
    co_return error_;
}

void keep_groups_with_field(SelectPlan& plan, const meta::Catalog& catalog,
                            const influxql::VarRef& wanted) {
    for (PlannedSource& source : plan.sources) {
        std::erase_if(source.groups, [&](const model::ShardSlot& slot) {
            const meta::ShardGroup* group = find_group(catalog, slot.group);
            const auto* schema =
                group == nullptr ? nullptr : group->measurements.find(source.measurement);
            const meta::Field* field =
                schema == nullptr ? nullptr : schema->find_field(wanted.name);
            if (field == nullptr) return true;
            const DataType type = data_type_of(field->type);
            return type != wanted.type && !(is_number(type) && is_number(wanted.type));
        });
    }
    std::erase_if(plan.sources, [](const PlannedSource& source) { return source.groups.empty(); });
}

bool keep_what_an_index_judges(influxql::Expr& condition) {
    using namespace influxql;
    const auto is_text = [](const Expr& side) {
        return side.is<StringLiteral>() || side.is<RegexLiteral>();
    };
    walk(condition, [&](Expr& part) {
        const auto* binary = part.as<BinaryExpr>();
        if (binary == nullptr || !is_comparison(binary->op)) return;
        if (!is_text(*binary->left) && !is_text(*binary->right)) part = BooleanLiteral{true};
    });
    const auto* literal = condition.as<BooleanLiteral>();
    return literal == nullptr || literal->value;
}

}  // namespace sluice::query
