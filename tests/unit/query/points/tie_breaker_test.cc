#include "query/points/tie_breaker.h"

#include <gtest/gtest.h>

#include "points/point_lists.h"

namespace sluice::query {
namespace {

Value i(std::int64_t value) {
    return Value::of_integer(value);
}
Value s(std::string_view text) {
    return Value::of_string(text);
}

class TieBreakers : public testing::Test {
protected:
    // What is chosen for points of `block`, all of `time`, from `rows`.
    Lines choose(Function function, std::vector<ListedPoint> rows, PointBlock block,
                 model::Timestamp time, bool repeats_dimensions = false) {
        AggregateCall call;
        call.function = function;
        const std::size_t width = block.width;
        TieBreaker ties(std::make_unique<ListPoints>(std::move(rows), 1), width, call,
                        TieBreaker::rows_max(repeats_dimensions));
        Lines lines;
        for (std::size_t at = 0; at < block.points.size(); ++at) {
            auto task = ties.choose(block, at, time);
            EXPECT_TRUE(task.done());
            const Result<void> done = task.take();
            if (!done.ok()) return {"error: " + done.error().message};
        }
        for (const TaggedPoint& each : block.points) {
            std::string line = each.tags->values[0] + " " + text_of(each.point.value);
            for (std::size_t k = 0; k < width; ++k) {
                line += " " + text_of(block.row(each.point.auxiliary)[k]);
            }
            lines.push_back(line);
        }
        return lines;
    }
    PointBlock block(std::vector<TaggedPoint> points) {
        PointBlock made;
        made.points = std::move(points);
        return made;
    }

    const TagSet a_{"m", "a", {"a"}, nullptr};
    const TagSet b_{"m", "b", {"b"}, nullptr};
};

TEST_F(TieBreakers, TakesTheFirstRowWhereGroupByNamesATagTwice) {
    EXPECT_EQ(choose(Function::kFirst, {{&a_, 5, i(1), {}}, {&a_, 5, i(2), {}}},
                     block({{&a_, {0, i(3)}}}), 5, true),
              Lines({"a 1i"}));
}

TEST_F(TieBreakers, TakesTheGreaterOfTheFirstTwoRowsAndNoOther) {
    EXPECT_EQ(choose(Function::kFirst, {{&a_, 5, i(1), {}}, {&a_, 5, i(2), {}}, {&a_, 5, i(3), {}}},
                     block({{&a_, {0, i(3)}}}), 5),
              Lines({"a 2i"}));
    EXPECT_EQ(choose(Function::kLast, {{&a_, 5, i(4), {}}, {&a_, 5, i(2), {}}},
                     block({{&a_, {0, i(9)}}}), 5),
              Lines({"a 4i"}));
}

TEST_F(TieBreakers, ARowOfAnotherTimeIsNoTie) {
    EXPECT_EQ(choose(Function::kFirst, {{&a_, 5, i(1), {}}, {&a_, 6, i(8), {}}},
                     block({{&a_, {0, i(3)}}}), 5),
              Lines({"a 1i"}));
}

TEST_F(TieBreakers, OfBooleansTheFirstIsTheSmallerOne) {
    const Value no = Value::of_boolean(false);
    const Value yes = Value::of_boolean(true);
    EXPECT_EQ(choose(Function::kFirst, {{&a_, 5, yes, {}}, {&a_, 5, no, {}}},
                     block({{&a_, {0, yes}}}), 5),
              Lines({"a false"}));
    EXPECT_EQ(
        choose(Function::kLast, {{&a_, 5, yes, {}}, {&a_, 5, no, {}}}, block({{&a_, {0, no}}}), 5),
        Lines({"a true"}));
}

TEST_F(TieBreakers, TagSetsWithoutATieAreSkipped) {
    EXPECT_EQ(
        choose(Function::kFirst,
               {{&a_, 5, i(1), {}}, {&a_, 7, i(1), {}}, {&b_, 5, i(1), {}}, {&b_, 5, i(0), {}}},
               block({{&b_, {0, i(3)}}}), 5),
        Lines({"b 1i"}));
}

TEST_F(TieBreakers, TextsAndTheOtherValuesOfTheRowAreKept) {
    PointBlock tied(1);
    const Value was = s("was");
    tied.points = {{&a_, {0, s("z"), tied.add_row(&was)}}, {&b_, {0, s("z"), tied.add_row(&was)}}};
    EXPECT_EQ(choose(Function::kLast,
                     {{&a_, 5, s("q"), {s("one")}},
                      {&a_, 5, s("r"), {s("two")}},
                      {&b_, 5, s("t"), {s("three")}},
                      {&b_, 5, s("s"), {s("four")}}},
                     std::move(tied), 5),
              Lines({"a r two", "b t three"}));
}

}  // namespace
}  // namespace sluice::query
