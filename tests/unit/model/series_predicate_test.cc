#include "sluice/model/series_predicate.h"

#include <gtest/gtest.h>

namespace sluice::model {
namespace {

// Few parts are compared one by one, many through a sorted set; mixed with others either way.
TEST(SeriesPredicate, AsksManyValuesOfATagAsOneByOne) {
    for (const int count : {1, 2, 7, 8, 9, 500}) {
        std::vector<SeriesPredicate> equal;
        std::vector<SeriesPredicate> not_equal;
        for (int i = 0; i < count; ++i) {
            const std::string value = std::to_string(i * 2);
            equal.push_back(SeriesPredicate::compare(SeriesPredicate::Kind::kEqual, "a", value));
            not_equal.push_back(
                SeriesPredicate::compare(SeriesPredicate::Kind::kNotEqual, "a", value));
        }
        equal.push_back(SeriesPredicate::compare(SeriesPredicate::Kind::kEqual, "b", "x"));
        not_equal.push_back(SeriesPredicate::compare(SeriesPredicate::Kind::kNotEqual, "b", "x"));
        const auto any = SeriesPredicate::combine(SeriesPredicate::Kind::kOr, equal);
        const auto none = SeriesPredicate::combine(SeriesPredicate::Kind::kAnd, not_equal);
        for (int i = -1; i <= 2 * count; ++i) {
            const bool among = i >= 0 && i % 2 == 0 && i < 2 * count;
            const std::string key = "m,a=" + std::to_string(i);
            EXPECT_EQ(any.matches(parse_series_key(key)), among) << key;
            EXPECT_EQ(none.matches(parse_series_key(key)), !among) << key;
            EXPECT_TRUE(any.matches(parse_series_key(key + ",b=x")));
            EXPECT_FALSE(none.matches(parse_series_key(key + ",b=x")));
        }
        ByteWriter out;
        any.write(out);
        ByteReader in(out.span());
        SeriesPredicate again;
        ASSERT_TRUE(SeriesPredicate::read(in, again));
        EXPECT_EQ(again.text(), any.text());
        EXPECT_TRUE(again.matches(parse_series_key("m,a=0")));
    }
}

}  // namespace
}  // namespace sluice::model
