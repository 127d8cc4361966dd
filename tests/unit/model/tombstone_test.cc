#include "sluice/model/tombstone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

namespace sluice::model {
namespace {

using Kind = SeriesPredicate::Kind;

SeriesPredicate equal(std::string tag, std::string value) {
    return SeriesPredicate::compare(Kind::kEqual, std::move(tag), std::move(value));
}

SeriesPredicate match(Kind kind, std::string tag, std::string pattern) {
    return SeriesPredicate::match(kind, std::move(tag), *Regex::compile(std::move(pattern)));
}

Tombstone rich_tombstone() {
    Tombstone tombstone;
    tombstone.sequence = 300;
    tombstone.last_group = 7;
    tombstone.range = {-5, 1000};
    tombstone.measurements.push_back({"cpu", {}});
    tombstone.measurements.push_back({"^m", *Regex::compile("^m")});
    tombstone.series = SeriesPredicate::combine(
        Kind::kOr,
        {equal("host", "a"),
         SeriesPredicate::combine(
             Kind::kAnd, {match(Kind::kNotMatches, "region", "^eu"),
                          SeriesPredicate::compare(Kind::kFirstTagOnly, "rack", "room")})});
    return tombstone;
}

TEST(SeriesPredicate, JudgesTagsAsInfluxDoes) {
    const SeriesName a = parse_series_key("cpu,host=a,region=eu");
    const SeriesName bare = parse_series_key("cpu");
    EXPECT_TRUE(equal("host", "a").matches(a));
    EXPECT_FALSE(equal("host", "a").matches(bare));
    EXPECT_TRUE(equal("host", "").matches(bare));
    EXPECT_TRUE(equal("_name", "cpu").matches(bare));
    EXPECT_TRUE(SeriesPredicate::compare(Kind::kNotEqual, "host", "b").matches(bare));
    EXPECT_TRUE(match(Kind::kMatches, "region", "^e").matches(a));
    EXPECT_TRUE(match(Kind::kMatches, "region", "^$").matches(bare));
    EXPECT_FALSE(match(Kind::kNotMatches, "region", ".*").matches(a));
    EXPECT_TRUE(SeriesPredicate::compare(Kind::kBothTags, "host", "region").matches(a));
    EXPECT_FALSE(SeriesPredicate::compare(Kind::kBothTags, "host", "rack").matches(a));
    EXPECT_TRUE(SeriesPredicate::compare(Kind::kFirstTagOnly, "host", "rack").matches(a));
}

TEST(SeriesPredicate, FoldsConstants) {
    EXPECT_TRUE(SeriesPredicate::combine(Kind::kAnd, {{}, {}}).is_all());
    EXPECT_TRUE(
        SeriesPredicate::combine(Kind::kAnd, {equal("a", "b"), SeriesPredicate::none()}).is_none());
    EXPECT_TRUE(SeriesPredicate::combine(Kind::kOr, {equal("a", "b"), {}}).is_all());
    EXPECT_EQ(
        SeriesPredicate::combine(Kind::kOr, {equal("a", "b"), SeriesPredicate::none()}).kind(),
        Kind::kEqual);
}

TEST(Tombstone, SurvivesItsBytes) {
    const Tombstone before = rich_tombstone();
    ByteWriter bytes;
    before.write(bytes);
    ByteReader in(bytes.span());
    Tombstone after;
    ASSERT_TRUE(Tombstone::read(in, after));
    EXPECT_EQ(in.remaining(), 0u);
    EXPECT_EQ(after.text(), before.text());
    EXPECT_EQ(
        after.text(),
        "sequence 300, groups up to 7, times -5 to 999, from cpu, /^m/, where (\"host\" = 'a' "
        "OR (\"region\" !~ /^eu/ AND \"rack\" != \"room\"))");
    EXPECT_TRUE(after.names("mem"));
    EXPECT_FALSE(after.names("disk"));
}

TEST(Tombstone, TheWorkedExampleIsWhatTheDocumentSays) {
    Tombstone tombstone;
    tombstone.sequence = 300;
    tombstone.last_group = 7;
    tombstone.range.end = 1000;
    tombstone.measurements.push_back({"cpu", {}});
    tombstone.series = equal("host", "a");
    ByteWriter bytes;
    tombstone.write(bytes);
    const std::uint8_t wanted[] = {0xAC, 0x02, 0x07, 0x02, 0,    0,    0,    0,    0,
                                   0,    0x80, 0xE8, 0x03, 0,    0,    0,    0,    0,
                                   0,    0x01, 0x00, 0x03, 0x63, 0x70, 0x75, 0x05, 0x04,
                                   0x68, 0x6F, 0x73, 0x74, 0x01, 0x61};
    EXPECT_TRUE(std::ranges::equal(bytes.span(), std::as_bytes(std::span(wanted))));
}

TEST(Tombstone, EveryTruncationIsRefused) {
    ByteWriter bytes;
    rich_tombstone().write(bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader in(bytes.span().first(size));
        Tombstone out;
        EXPECT_FALSE(Tombstone::read(in, out)) << size;
    }
}

TEST(Tombstone, FlippedBitsDoNoHarm) {
    ByteWriter bytes;
    rich_tombstone().write(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        ByteWriter damaged;
        damaged.write_span(bytes.span());
        damaged.data()[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        ByteReader in(damaged.span());
        Tombstone out;
        if (Tombstone::read(in, out)) {
            EXPECT_FALSE(out.text().empty());
        }
    }
}

TEST(Tombstone, ALaterAndWiderOneMakesAnEarlierOneSuperfluous) {
    const Tombstone narrow = rich_tombstone();
    Tombstone same = narrow;
    same.sequence = 301;
    EXPECT_TRUE(same.subsumes(narrow));
    EXPECT_FALSE(narrow.subsumes(same));
    same.range.end = 999;
    EXPECT_FALSE(same.subsumes(narrow));
    Tombstone all;
    all.sequence = 400;
    all.last_group = 7;
    EXPECT_TRUE(all.subsumes(narrow));
    all.measurements.push_back({"cpu", {}});
    EXPECT_FALSE(all.subsumes(narrow));  // the pattern may match more
    Tombstone cpu = narrow;
    cpu.measurements.pop_back();
    EXPECT_TRUE(all.subsumes(cpu));
}

TEST(Tombstone, OneOfAPolicyLeavesTheOthersAlone) {
    Tombstone all;
    all.sequence = 400;
    Tombstone week = all;
    week.policy = "week";
    EXPECT_TRUE(all.reaches("week"));
    EXPECT_TRUE(week.reaches("week"));
    EXPECT_FALSE(week.reaches("autogen"));
    EXPECT_NE(week.text(), all.text());
    EXPECT_EQ(week.text(), all.text() + ", of policy week");
}

TEST(Tombstone, OneOfAPolicyStandsForNoneOfMore) {
    Tombstone before;
    before.sequence = 300;
    Tombstone week = before;
    week.sequence = 400;
    week.policy = "week";
    EXPECT_FALSE(week.subsumes(before));
    before.policy = "autogen";
    EXPECT_FALSE(week.subsumes(before));
    before.policy = "week";
    EXPECT_TRUE(week.subsumes(before));
    week.policy.clear();
    EXPECT_TRUE(week.subsumes(before));
}

}  // namespace
}  // namespace sluice::model
