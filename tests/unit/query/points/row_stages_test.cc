// Where points become rows, and rows points again: JoinedRows, SubqueryPoints, RegroupPoints.
#include <gtest/gtest.h>

#include "points/point_lists.h"
#include "query/points/joined_rows.h"
#include "query/points/regroup_points.h"
#include "query/points/subquery_points.h"
#include "sluice/influxql/parser.h"

namespace sluice::query {
namespace {

using influxql::DataType;
using influxql::FillOption;

Value f(double value) {
    return Value::of_float(value);
}
Value i(std::int64_t value) {
    return Value::of_integer(value);
}
Value s(std::string_view text) {
    return Value::of_string(text);
}

Lines drain_rows(RowCursor& cursor) {
    Lines lines;
    RowBlock block;
    for (;;) {
        auto task = cursor.next(block);
        EXPECT_TRUE(task.done());
        Result<bool> more = task.take();
        if (!more.ok()) {
            lines.push_back("error: " + more.error().message);
            break;
        }
        EXPECT_EQ(*more, !block.rows.empty());
        if (!*more) break;
        const std::size_t width = block.values.size() / block.rows.size();
        for (std::size_t row = 0; row < block.rows.size(); ++row) {
            const TagSet* tags = block.rows[row].tags;
            std::string line = tags->values.empty() ? tags->name : tags->values.back();
            line += " " + std::to_string(block.rows[row].time);
            for (std::size_t at = 0; at < width; ++at) {
                line += " " + text_of(block.values[row * width + at]);
            }
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

class RowStages : public testing::Test {
protected:
    using Listed = std::vector<ListedPoint>;

    static std::unique_ptr<ListPoints> list(Listed points, std::size_t block = 3) {
        return std::make_unique<ListPoints>(std::move(points), block);
    }
    static influxql::Expr parsed(const std::string& text) {
        auto expr = influxql::parse_expression(text);
        EXPECT_TRUE(expr.ok()) << text;
        return std::move(*expr);
    }

    // Each list is a stream of one value; columns are written with the numbers of the places.
    struct Join {
        FillOption fill = FillOption::kNull;
        std::int64_t number = 0;
        bool ascending = true;
        std::size_t block = 3;
        DataType type = DataType::kFloat;
        std::vector<std::string> columns = {};  // none: the places
    };
    // A place is referred to by its number as a name.
    static void name_places(std::size_t count, JoinedRows::Options& options) {
        for (std::size_t at = 0; at < count; ++at) {
            options.places.add(influxql::VarRef{std::to_string(at), DataType::kUnknown});
        }
    }
    static JoinedRows::Column shown(std::uint32_t place) {
        return {influxql::VarRef{std::to_string(place), DataType::kUnknown}, place};
    }
    static std::unique_ptr<JoinedRows> join(std::vector<Listed> lists, const Join& how) {
        JoinedRows::Options options;
        options.fill.option = how.fill;
        options.fill.value = how.number;
        options.ascending = how.ascending;
        name_places(lists.size(), options);
        std::vector<JoinedRows::Stream> streams;
        for (std::uint32_t at = 0; at < lists.size(); ++at) {
            streams.push_back({list(std::move(lists[at]), how.block), {{at, how.type}}, {}});
            if (how.columns.empty()) options.columns.push_back(shown(at));
        }
        for (const std::string& column : how.columns) {
            options.columns.push_back({parsed(column), std::nullopt});
        }
        return std::make_unique<JoinedRows>(std::move(streams), std::move(options));
    }

    std::shared_ptr<Grouping> by_h_ =
        std::make_shared<Grouping>(std::vector<std::string>{"h"}, std::vector<std::string>{"h"});
    const TagSet* const a_ = by_h_->find("m", {"a"});
    const TagSet* const b_ = by_h_->find("m", {"b"});
};

TEST_F(RowStages, GiveNothingWhenNothingComes) {
    EXPECT_EQ(drain_rows(*join({{}}, {})), Lines());
    EXPECT_EQ(drain_rows(*join({{}, {}}, {})), Lines());
    EXPECT_EQ(drain_rows(*join({}, {})), Lines());
}

TEST_F(RowStages, JoinStreamsByTagSetAndTime) {
    const std::vector<Listed> lists{
        {{a_, 0, f(1), {}}, {a_, 20, f(2), {}}, {b_, 0, f(3), {}}},
        {{a_, 10, f(4), {}}, {a_, 20, f(5), {}}, {b_, 0, Value(), {}}, {b_, 30, f(6), {}}}};
    for (const std::size_t block : {1u, 2u, 3u, 4u}) {
        EXPECT_EQ(
            drain_rows(*join(lists, {.block = block})),
            Lines({"a 0 1. null", "a 10 null 4.", "a 20 2. 5.", "b 0 3. null", "b 30 null 6."}))
            << block;
        EXPECT_EQ(drain_rows(*join(lists, {.fill = FillOption::kPrevious, .block = block})),
                  Lines({"a 0 1. null", "a 10 1. 4.", "a 20 2. 5.", "b 0 3. null", "b 30 3. 6."}))
            << block;
        EXPECT_EQ(
            drain_rows(*join(lists, {.fill = FillOption::kNumber, .number = 7, .block = block})),
            Lines({"a 0 1. 7.", "a 10 7. 4.", "a 20 2. 5.", "b 0 3. 7.", "b 30 7. 6."}))
            << block;
    }
}

TEST_F(RowStages, JoinGoesDownWhereTheAnswerDoes) {
    EXPECT_EQ(drain_rows(*join({{{b_, 5, f(1), {}}, {a_, 20, f(2), {}}, {a_, 0, f(3), {}}},
                                {{a_, 20, f(4), {}}, {a_, 10, f(5), {}}}},
                               {.ascending = false})),
              Lines({"b 5 1. null", "a 20 2. 4.", "a 10 null 5.", "a 0 3. null"}));
}

TEST_F(RowStages, JoinKeepsTheTextBeforeAcrossBlocks) {
    const std::string text(50, 'x');
    EXPECT_EQ(
        drain_rows(*join({{{a_, 0, s(text), {}}, {a_, 40, s("y"), {}}},
                          {{a_, 0, s("p"), {}}, {a_, 10, s("q"), {}}, {a_, 20, s("r"), {}}}},
                         {.fill = FillOption::kPrevious, .block = 1, .type = DataType::kString})),
        Lines({"a 0 " + text + " p", "a 10 " + text + " q", "a 20 " + text + " r", "a 40 y r"}));
}

TEST_F(RowStages, JoinComputesItsColumns) {
    EXPECT_EQ(drain_rows(*join({{{a_, 0, f(6), {}}, {a_, 10, f(1), {}}}, {{a_, 0, f(3), {}}}},
                               {.columns = {"\"0\" / \"1\"", "\"0\" + 1", "\"1\""}})),
              Lines({"a 0 2. 7. 3.", "a 10 null 2. null"}));
}

TEST_F(RowStages, JoinGivesLongAnswersInBlocks) {
    Listed left;
    Listed right;
    for (int at = 0; at < 5000; ++at) (at % 3 == 0 ? left : right).push_back({a_, at, f(at), {}});
    const auto rows = join({left, right}, {.block = 1000});
    RowBlock block;
    std::int64_t next = 0;
    for (;;) {
        auto task = rows->next(block);
        if (!task.take().value()) break;
        EXPECT_LE(block.rows.size(), kPointsPerBlock);
        for (const RowBlock::Row& row : block.rows) EXPECT_EQ(row.time, next++);
    }
    EXPECT_EQ(next, 5000);
}

TEST_F(RowStages, JoinPassesAnErrorOnBehindWhatIsWhole) {
    JoinedRows::Options options;
    name_places(2, options);
    for (const std::uint32_t place : {0, 1}) options.columns.push_back(shown(place));
    auto failing = list({{a_, 0, f(1), {}}, {a_, 10, f(2), {}}});
    failing->fail("stopped");
    std::vector<JoinedRows::Stream> streams;
    streams.push_back({std::move(failing), {{0, DataType::kFloat}}, {}});
    streams.push_back(
        {list({{a_, 10, f(3), {}}, {a_, 20, f(4), {}}}), {{1, DataType::kFloat}}, {}});
    JoinedRows rows(std::move(streams), std::move(options));
    EXPECT_EQ(drain_rows(rows), Lines({"a 0 1. null", "a 10 2. 3.", "error: stopped"}));
}

TEST_F(RowStages, JoinShowsAuxiliaryValues) {
    JoinedRows::Options options;
    name_places(3, options);
    for (const std::uint32_t place : {2, 0, 1}) options.columns.push_back(shown(place));
    std::vector<JoinedRows::Stream> streams;
    streams.push_back({list({{a_, 0, f(1), {s("t"), i(5)}}, {a_, 1, f(2), {Value(), i(6)}}}, 1),
                       {{0, DataType::kFloat}},
                       {{1, DataType::kString}, {2, DataType::kInteger}}});
    JoinedRows rows(std::move(streams), std::move(options));
    EXPECT_EQ(drain_rows(rows), Lines({"a 0 5i 1. t", "a 1 6i 2. null"}));
}

class SubqueryStage : public RowStages {
protected:
    SubqueryPoints::Options options() const {
        SubqueryPoints::Options options;
        options.columns = 2;
        options.inner = by_h_;
        options.outer =
            std::make_shared<Grouping>(std::vector<std::string>{}, std::vector<std::string>{});
        options.value = RowValue{RowValue::Kind::kColumn, 0, {}, DataType::kFloat};
        return options;
    }
    std::unique_ptr<RowCursor> rows(std::size_t block = 3) const {
        return join({{{a_, 0, f(1), {}}, {a_, 10, f(2), {}}, {b_, 0, f(3), {}}},
                     {{a_, 0, f(-1), {}}, {b_, 0, f(-3), {}}}},
                    {.block = block});
    }
};

TEST_F(SubqueryStage, RowsBecomePointsOfTheQueryAround) {
    SubqueryPoints::Options wanted = options();
    wanted.auxiliary = {{RowValue::Kind::kTag, 0, "h", DataType::kTag},
                        {RowValue::Kind::kColumn, 1, {}, DataType::kFloat},
                        {RowValue::Kind::kNothing, 0, {}, DataType::kUnknown}};
    for (const std::size_t block : {1u, 2u, 3u}) {
        SubqueryPoints points(rows(block), wanted);
        EXPECT_EQ(drain(points, 3),
                  Lines({"m 0 1. a -1. null", "m 10 2. a null null", "m 0 3. b -3. null"}));
    }
}

TEST_F(SubqueryStage, ValuesAreCastWhereTheyCanBe) {
    SubqueryPoints::Options wanted = options();
    wanted.value_type = DataType::kInteger;
    SubqueryPoints integers(rows(), wanted);
    EXPECT_EQ(drain(integers), Lines({"m 0 1i", "m 10 2i", "m 0 3i"}));
    wanted.value_type = DataType::kString;
    SubqueryPoints texts(rows(), wanted);
    EXPECT_EQ(drain(texts), Lines({"m 0 null", "m 10 null", "m 0 null"}));
}

TEST_F(SubqueryStage, TheConditionIsAboutColumnsAndTags) {
    const influxql::Expr condition = parsed("v > 1 AND h = 'a'");
    SubqueryPoints::Options wanted = options();
    wanted.condition = &condition;
    wanted.condition_names = {"v", "h"};
    wanted.condition_values = {{RowValue::Kind::kColumn, 0, {}, DataType::kFloat},
                               {RowValue::Kind::kTag, 0, "h", DataType::kTag}};
    SubqueryPoints points(rows(1), wanted);
    EXPECT_EQ(drain(points), Lines({"m 10 2."}));
    const influxql::Expr never = parsed("v > 100");
    wanted.condition = &never;
    SubqueryPoints none(rows(1), wanted);
    EXPECT_EQ(drain(none), Lines());
}

TEST_F(SubqueryStage, AnErrorOfTheSubqueryIsTheErrorOfTheQuery) {
    JoinedRows::Options joined;
    name_places(1, joined);
    joined.columns.push_back(shown(0));
    auto failing = list({{a_, 0, f(1), {}}});
    failing->fail("stopped");
    std::vector<JoinedRows::Stream> streams;
    streams.push_back({std::move(failing), {{0, DataType::kFloat}}, {}});
    SubqueryPoints::Options wanted = options();
    wanted.columns = 1;
    SubqueryPoints points(std::make_unique<JoinedRows>(std::move(streams), std::move(joined)),
                          wanted);
    EXPECT_EQ(drain(points), Lines({"m 0 1.", "error: stopped"}));
}

TEST_F(RowStages, RegroupedPointsFindTheirOwnTagsAgain) {
    auto to = std::make_shared<Grouping>(std::vector<std::string>{}, std::vector<std::string>{});
    const Listed points{{a_, 0, f(1), {s("t")}}, {b_, 1, f(2), {}}, {a_, 2, f(3), {s("u")}}};
    for (const std::size_t block : {1u, 2u, 3u}) {
        RegroupPoints plain(list(points, block), 1, by_h_, to, false);
        EXPECT_EQ(drain(plain, 1), Lines({"m 0 1. t", "m 1 2.", "m 2 3. u"}));
        OwnTags own(std::make_unique<RegroupPoints>(list(points, block), 1, by_h_, to, true), 1);
        EXPECT_EQ(drain(own, 1), Lines({"a 0 1. t", "b 1 2. null", "a 2 3. u"}));
    }
}

}  // namespace
}  // namespace sluice::query
