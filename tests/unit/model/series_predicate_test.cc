#include "sluice/model/series_predicate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/random.h"

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

// A predicate and what it means, evaluated from the bottom without sets or folding.
struct Meant {
    SeriesPredicate predicate;
    std::function<bool(const SeriesName&)> matches;
};

constexpr const char* kTags[] = {"host", "region", "none"};
constexpr const char* kValues[] = {"a", "b", "c", ""};

Meant made_up(Random& random, int depth) {
    using Kind = SeriesPredicate::Kind;
    const std::string tag = kTags[random.below(std::size(kTags))];
    const std::string value = kValues[random.below(std::size(kValues))];
    switch (random.below(depth > 0 ? 9 : 6)) {
        case 0:
            if (random.chance(0.5))
                return {SeriesPredicate(), [](const SeriesName&) { return true; }};
            return {SeriesPredicate::none(), [](const SeriesName&) { return false; }};
        case 1:
            return {SeriesPredicate::match(Kind::kMatches, tag, *Regex::compile("[ab]")),
                    [tag](const SeriesName& series) {
                        const std::string_view held = series.tag_value(tag);
                        return held == "a" || held == "b";
                    }};
        case 2:
            return {SeriesPredicate::match(Kind::kNotMatches, tag, *Regex::compile("[ab]")),
                    [tag](const SeriesName& series) {
                        const std::string_view held = series.tag_value(tag);
                        return held != "a" && held != "b";
                    }};
        case 3:
            return {
                SeriesPredicate::compare(Kind::kNotEqual, tag, value),
                [tag, value](const SeriesName& series) { return series.tag_value(tag) != value; }};
        case 4:
        case 5:
            return {
                SeriesPredicate::compare(Kind::kEqual, tag, value),
                [tag, value](const SeriesName& series) { return series.tag_value(tag) == value; }};
        default: {
            const bool all = random.chance(0.5);
            std::vector<SeriesPredicate> parts;
            std::vector<std::function<bool(const SeriesName&)>> meant;
            for (std::uint64_t n = 1 + random.below(5); n > 0; --n) {
                Meant part = made_up(random, depth - 1);
                parts.push_back(std::move(part.predicate));
                meant.push_back(std::move(part.matches));
            }
            return {SeriesPredicate::combine(all ? Kind::kAnd : Kind::kOr, std::move(parts)),
                    [all, meant](const SeriesName& series) {
                        const auto holds = [&](const auto& part) { return part(series); };
                        return all ? std::ranges::all_of(meant, holds)
                                   : std::ranges::any_of(meant, holds);
                    }};
        }
    }
}

TEST(SeriesPredicate, MatchesWhatItsPartsMeanBeforeAndAfterItIsStored) {
    Random random(1);
    for (int i = 0; i < 5'000; ++i) {
        const Meant meant = made_up(random, 3);
        ByteWriter out;
        meant.predicate.write(out);
        ByteReader in(out.span());
        SeriesPredicate back;
        ASSERT_TRUE(SeriesPredicate::read(in, back)) << meant.predicate.text();
        ASSERT_EQ(in.remaining(), 0u);
        ASSERT_EQ(back.text(), meant.predicate.text());
        for (int s = 0; s < 12; ++s) {
            SeriesName series{"m", {}};
            if (s % 4 != 3) series.tags.push_back({"host", kValues[s % 4]});
            if (s % 3 != 2) series.tags.push_back({"region", kValues[s % 3]});
            ASSERT_EQ(meant.predicate.matches(series), meant.matches(series))
                << meant.predicate.text();
            ASSERT_EQ(back.matches(series), meant.matches(series)) << back.text();
        }
        // Every cut is noticed.
        for (std::size_t size = 0; size < out.size(); ++size) {
            ByteReader cut(out.span().first(size));
            SeriesPredicate none;
            ASSERT_FALSE(SeriesPredicate::read(cut, none)) << size << " of " << out.size();
        }
    }
}

}  // namespace
}  // namespace sluice::model
