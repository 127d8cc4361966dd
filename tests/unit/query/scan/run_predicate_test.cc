#include "query/scan/run_predicate.h"

#include <gtest/gtest.h>

#include "query/scan/series_filter.h"
#include "sluice/base/random.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

using influxql::DataType;

constexpr std::size_t kRows = 100;

// Rows of f (float, some null), i (integer) and missing (no row has it).
struct Rows {
    std::vector<std::uint64_t> floats;
    std::vector<std::uint64_t> integers;
    std::vector<std::uint64_t> validity = {0, 0};
    std::vector<model::Timestamp> times;
    storage::SeriesRun run;

    // Values from `low` on, `count` different ones.
    Rows(Random& random, std::int64_t low, std::uint64_t count, bool with_nulls) {
        for (std::size_t row = 0; row < kRows; ++row) {
            const auto value = low + static_cast<std::int64_t>(random.below(count));
            floats.push_back(std::bit_cast<std::uint64_t>(static_cast<double>(value) / 2));
            integers.push_back(static_cast<std::uint64_t>(value));
            times.push_back(static_cast<model::Timestamp>(row));
            if (!with_nulls || random.chance(0.8)) {
                validity[row / 64] |= std::uint64_t{1} << (row % 64);
            }
        }
        run.rows = kRows;
        run.times = times;
        run.columns.resize(3);
        run.columns[0] = {model::FieldType::kFloat,
                          false,
                          floats,
                          {},
                          {},
                          with_nulls ? validity.data() : nullptr,
                          0};
        run.columns[1] = {model::FieldType::kInteger, false, integers, {}, {}, nullptr, 0};
    }

    // The same without nulls, as statistics.
    storage::SeriesRun statistics() const {
        storage::SeriesRun shown;
        shown.rows = kRows;
        for (const auto& [type, words] : {std::pair(model::FieldType::kFloat, &floats),
                                          std::pair(model::FieldType::kInteger, &integers)}) {
            codec::ColumnSlice slice;
            slice.type = type;
            slice.words = *words;
            const auto made = codec::column_statistics(slice, kRows);
            shown.statistics.push_back(
                {type, made.count, made.min, made.max, made.sum, made.first, made.last});
        }
        shown.statistics.emplace_back();
        return shown;
    }
};

SelectPlan plan_of(const std::string& condition) {
    SelectPlan plan;
    plan.add_field("f", DataType::kFloat, true);
    plan.add_field("i", DataType::kInteger, true);
    plan.add_field("missing", DataType::kFloat, true);
    plan.add_condition_tag("host");
    auto parsed = influxql::parse_expression(condition);
    EXPECT_TRUE(parsed.ok()) << condition;
    influxql::walk(*parsed, [](influxql::Expr& expr) {
        auto* ref = expr.as<influxql::VarRef>();
        if (ref == nullptr) return;
        ref->type = ref->name == "host" ? DataType::kTag
                    : ref->name == "i"  ? DataType::kInteger
                                        : DataType::kFloat;
    });
    plan.condition = influxql::ExprBox(std::move(*parsed));
    return plan;
}

TEST(RunPredicate, DecidesAsTheConditionDoesRowByRow) {
    Random random(1);
    const std::vector<std::string> conditions = {"f > 2",
                                                 "f >= 2",
                                                 "f < 2.5",
                                                 "f <= 2.5",
                                                 "f = 3",
                                                 "f != 3",
                                                 "2 < f",
                                                 "3 = f",
                                                 "2 >= i",
                                                 "i > 2",
                                                 "i != 4",
                                                 "i < 2.5",
                                                 "i = 3 AND f > 1",
                                                 "i = 3 OR f > 3",
                                                 "missing > 1",
                                                 "missing != 1",
                                                 "missing > 1 OR i > 3",
                                                 "(f > 1 AND f < 3) OR i = 7",
                                                 "host = 'a' AND f > 2",
                                                 "host = 'b' AND f > 2",
                                                 "host = 'b' OR f > 2",
                                                 "f > 1 AND (host != 'a' OR i < 4)",
                                                 "f > 100",
                                                 "f > -100",
                                                 "i <= 100 AND f != -100"};
    for (const std::string& text : conditions) {
        const SelectPlan plan = plan_of(text);
        const ScanColumns& columns = plan.columns();
        RunPredicate predicate(plan, columns);
        ASSERT_TRUE(predicate.is_supported()) << text;
        RowCondition condition(plan);
        if (condition.begin_series("m,host=a") != Verdict::kDependsOnFields) continue;
        predicate.begin_series(condition);
        for (int round = 0; round < 40; ++round) {
            const Rows rows(random, random.between(-3, 3), 1 + random.below(8), round % 2 == 1);
            std::vector<std::uint8_t> accepted;
            ASSERT_TRUE(predicate.evaluate(rows.run, accepted));
            std::size_t count = 0;
            for (std::size_t row = 0; row < kRows; ++row) {
                std::vector<Value> fields;
                for (std::size_t i = 0; i < plan.fields.size(); ++i) {
                    fields.push_back(column_value(rows.run.columns[columns.column_of_field[i]], row,
                                                  plan.fields[i].type));
                }
                EXPECT_EQ(accepted[row] != 0, condition.accepts(fields.data()))
                    << text << ", row " << row;
                count += accepted[row];
            }
            if (round % 2 == 1) continue;
            const Verdict verdict = predicate.judge(rows.statistics());
            if (verdict == Verdict::kAlways) {
                EXPECT_EQ(count, kRows) << text;
            }
            if (verdict == Verdict::kNever) {
                EXPECT_EQ(count, 0) << text;
            }
        }
    }
}

TEST(RunPredicate, LeavesOtherConditionsToRows) {
    for (const char* text : {"f > i", "f + 1 > 2", "f = 'a'", "f =~ /a/", "f > 1 AND i > f"}) {
        const SelectPlan plan = plan_of(text);
        const ScanColumns& columns = plan.columns();
        EXPECT_FALSE(RunPredicate(plan, columns).is_supported()) << text;
    }
}

TEST(RunPredicate, DoesNotDecideColumnsOfAnotherType) {
    Random random(2);
    const SelectPlan plan = plan_of("missing > 1");
    const ScanColumns& columns = plan.columns();
    RunPredicate predicate(plan, columns);
    Rows rows(random, 0, 3, false);
    rows.run.columns[2] = rows.run.columns[1];
    std::vector<std::uint8_t> accepted;
    EXPECT_FALSE(predicate.evaluate(rows.run, accepted));
}

}  // namespace
}  // namespace sluice::query
