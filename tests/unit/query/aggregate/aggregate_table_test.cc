#include "query/aggregate/aggregate_table.h"

#include <gtest/gtest.h>

#include "query/aggregate/series_states.h"

namespace sluice::query {
namespace {

// max(v), h
SelectPlan max_with_tag() {
    SelectPlan plan;
    plan.add_field("v", influxql::DataType::kInteger);
    plan.calls.push_back(
        {Function::kMax, 0, influxql::DataType::kInteger, influxql::DataType::kInteger});
    Input tag;
    tag.kind = Input::Kind::kTag;
    tag.tag = "h";
    plan.inputs.push_back(tag);
    return plan;
}

// What a core has of the series with `key`: one row.
AggregateTable table_of(const SelectPlan& plan, std::string_view key, std::uint64_t value) {
    AggregateTable table(plan, 0, 1);
    SeriesStates aggregator(plan, table);
    aggregator.begin_series(0, key);
    const model::Timestamp time = 1'000;
    storage::SeriesRun run;
    run.series_key = key;
    run.rows = 1;
    run.times = {&time, 1};
    storage::ColumnView column;
    column.type = model::FieldType::kInteger;
    column.all_null = false;
    column.words = {&value, 1};
    run.columns.push_back(column);
    aggregator.add_run(run, nullptr);
    aggregator.end_series();
    return table;
}

std::string selected_tag(const SelectPlan& plan, std::vector<AggregateTable> parts) {
    AggregateTable all(plan, 0, 1);
    for (const AggregateTable& part : parts) all.fold_table(plan, part);
    const AggregateState& state = all.buckets(0, 0).states.at(0);
    return std::string(all.auxiliary(state.auxiliary)[0].as_string());
}

// Which store a series went to is chance.
TEST(AggregateTable, OfEqualRowsTheOneOfTheLesserKeyIsSelectedInAnyOrderOfCores) {
    const SelectPlan plan = max_with_tag();
    const auto select = [&plan](std::vector<std::pair<std::string_view, std::uint64_t>> parts) {
        std::vector<AggregateTable> tables;
        for (const auto& [key, value] : parts) tables.push_back(table_of(plan, key, value));
        return selected_tag(plan, std::move(tables));
    };
    EXPECT_EQ(select({{"m,h=d", 9}, {"m,h=f", 9}}), "d");
    EXPECT_EQ(select({{"m,h=f", 9}, {"m,h=d", 9}}), "d");
    EXPECT_EQ(select({{"m,h=f", 9}, {"m,h=a", 8}, {"m,h=d", 9}}), "d");
    EXPECT_EQ(select({{"m,h=d", 8}, {"m,h=f", 9}}), "f");
    EXPECT_EQ(select({{"m,h=f", 9}, {"m,h=d", 8}}), "f");
}

}  // namespace
}  // namespace sluice::query
