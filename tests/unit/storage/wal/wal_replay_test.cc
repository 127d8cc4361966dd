// Rows of a log come back under the numbers of a head; what is missing or contradicts itself is
// told, or left out and counted.
#include "storage/wal/wal_replay.h"

#include <gtest/gtest.h>

#include "storage/memtable/memtable.h"
#include "wal/log_readback.h"

namespace sluice::storage {
namespace {

constexpr std::uint32_t kGapMax = 1u << 20;
using model::FieldType;

class WalReplayTest : public testing::Test {
protected:
    // One row of one integer column.
    Result<void> row(std::uint32_t memtable, std::uint32_t series, std::uint32_t column,
                     model::Timestamp time, std::uint64_t sequence = 1,
                     FieldType type = FieldType::kInteger) {
        WalRows rows;
        rows.memtable = memtable;
        rows.sequence = sequence;
        rows.table.series.push_back(series);
        rows.table.times.push_back(time);
        rows.table.lines.push_back(1);
        model::BatchColumn& values = rows.table.column("", type);
        if (type == FieldType::kBoolean) values.set_flag(0, true);
        if (type != FieldType::kBoolean) values.set_word(0, 5);
        rows.columns.push_back(column);
        return replay_.on_rows(rows);
    }
    void define(std::uint32_t memtable, model::ShardGroupId group, const std::string& measurement) {
        ASSERT_TRUE(replay_.on_table(memtable, group, measurement).ok());
        ASSERT_TRUE(replay_.on_column(memtable, 0, FieldType::kInteger, "v").ok());
    }
    std::set<model::Timestamp> times() const { return test::times_of(head_); }

    Head head_{9};
    std::set<model::ShardGroupId> dropped_;
    std::uint64_t deleted_below_ = 0;
    WalReplay replay_{head_, [this](model::ShardGroupId group) { return dropped_.contains(group); },
                      [this](model::ShardGroupId, std::string_view, std::uint64_t sequence) {
                          return sequence < deleted_below_;
                      }};
};

using Times = std::set<model::Timestamp>;

TEST_F(WalReplayTest, RowsComeBackUnderTheNumbersOfTheHead) {
    head_.series_index().add_series("m,h=z");  // of another log: the numbers differ
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    ASSERT_TRUE(replay_.on_series(1, "m,h=z").ok());
    define(0, 1, "m");
    ASSERT_TRUE(row(0, 0, 0, 10, 5).ok());
    ASSERT_TRUE(row(0, 1, 0, 20, 7).ok());
    EXPECT_EQ(times(), (Times{10, 20}));
    EXPECT_EQ(replay_.rows(), 2u);
    EXPECT_EQ(replay_.rows_lost(), 0u);
    EXPECT_EQ(replay_.sequence_min(), 5u);
    EXPECT_EQ(replay_.sequence_max(), 7u);
    const std::shared_ptr<Memtable> table = head_.find(1, "m");
    EXPECT_EQ(head_.series_index().key(table->series_chunk(0)[0]), "m,h=a");
    EXPECT_EQ(head_.series_index().key(table->series_chunk(0)[1]), "m,h=z");
    EXPECT_EQ(table->columns()[0].name, "v");
}

TEST_F(WalReplayTest, DefinitionsMayRepeat) {
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
        define(0, 1, "m");
        ASSERT_TRUE(row(0, 0, 0, 10 + i).ok());
    }
    EXPECT_EQ(times(), (Times{10, 11}));
}

TEST_F(WalReplayTest, ASeriesHasOneKey) {
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    const Result<void> other = replay_.on_series(0, "m,h=b");
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().kind, ErrorKind::kCorrupt);
}

TEST_F(WalReplayTest, NumbersAreDense) {
    EXPECT_FALSE(replay_.on_series(1, "m,h=b").ok());
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    EXPECT_TRUE(replay_.on_series(1, "m,h=b").ok());
    // Tables of a head that only held refused rows are not defined: gaps are normal.
    EXPECT_TRUE(replay_.on_table(kGapMax - 1, 1, "m").ok());
    EXPECT_FALSE(replay_.on_table(2 * kGapMax, 1, "m").ok());
    EXPECT_FALSE(replay_.on_column(0, 0, FieldType::kInteger, "v").ok()) << "of no table";
    ASSERT_TRUE(replay_.on_table(0, 1, "m").ok());
    EXPECT_FALSE(replay_.on_column(0, 1, FieldType::kInteger, "v").ok());
    EXPECT_TRUE(replay_.on_column(0, 0, FieldType::kInteger, "v").ok());
}

TEST_F(WalReplayTest, RowsOfWhatIsNotDefinedAreAnError) {
    EXPECT_FALSE(row(0, 0, 0, 10).ok()) << "no table";
    define(0, 1, "m");
    EXPECT_FALSE(row(0, 0, 0, 10).ok()) << "no series";
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    EXPECT_FALSE(row(0, 0, 1, 10).ok()) << "no column";
    EXPECT_FALSE(row(0, 0, 0, 10, 1, FieldType::kBoolean).ok()) << "of another type";
    EXPECT_TRUE(row(0, 0, 0, 10).ok());
    EXPECT_EQ(times(), Times{10});
}

TEST_F(WalReplayTest, RowsOfDroppedGroupsArePassedOver) {
    dropped_ = {1};
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    define(0, 1, "m");
    define(1, 2, "m");
    ASSERT_TRUE(row(0, 0, 0, 10, 8).ok());
    ASSERT_TRUE(row(1, 0, 0, 20, 5).ok());
    EXPECT_EQ(times(), Times{20});
    EXPECT_EQ(replay_.rows(), 1u);
    EXPECT_EQ(replay_.sequence_max(), 8u) << "numbers are not used again, whatever became of them";
    EXPECT_EQ(replay_.groups(), (std::set<model::ShardGroupId>{1, 2}));
}

TEST_F(WalReplayTest, RowsThatADeleteCoversArePassedOver) {
    deleted_below_ = 6;
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    define(0, 1, "m");
    ASSERT_TRUE(row(0, 0, 0, 10, 5).ok());
    ASSERT_TRUE(row(0, 0, 0, 20, 6).ok());
    EXPECT_EQ(times(), Times{20});
}

// Behind a damaged frame: what can be understood is true, the rest is counted.
TEST_F(WalReplayTest, WithGapsWhatIsNotUnderstoodIsLeftOutAndCounted) {
    replay_.expect_gaps();
    ASSERT_TRUE(row(3, 0, 0, 1, 9).ok()) << "its table is not defined";
    EXPECT_EQ(replay_.rows_lost(), 1u);
    EXPECT_EQ(replay_.sequence_max(), 9u);
    define(0, 1, "m");
    ASSERT_TRUE(replay_.on_series(5, "m,h=f").ok());
    ASSERT_TRUE(row(0, 5, 0, 10).ok());
    ASSERT_TRUE(row(0, 4, 0, 11).ok()) << "of a series in the gap";
    ASSERT_TRUE(row(0, 6, 0, 12).ok()) << "of one behind";
    ASSERT_TRUE(row(0, 5, 7, 13).ok()) << "of a column that nothing defines";
    EXPECT_EQ(times(), Times{10});
    EXPECT_EQ(replay_.rows_lost(), 4u);
    // The definition of one in the gap may still come.
    ASSERT_TRUE(replay_.on_series(4, "m,h=e").ok());
    ASSERT_TRUE(row(0, 4, 0, 11).ok());
    EXPECT_EQ(times(), (Times{10, 11}));
    ASSERT_TRUE(replay_.on_column(9, 0, FieldType::kInteger, "v").ok());
    EXPECT_FALSE(replay_.on_series(2 * kGapMax, "m,h=g").ok()) << "far beyond is damage";
}

// A measurement was dropped and written again with another type, and the delete is known no more.
TEST_F(WalReplayTest, ALaterTypeReplacesAnEarlierOne) {
    ASSERT_TRUE(replay_.on_series(0, "m,h=a").ok());
    define(0, 1, "m");
    ASSERT_TRUE(row(0, 0, 0, 10, 1).ok());
    ASSERT_TRUE(replay_.on_table(1, 1, "m").ok());
    ASSERT_TRUE(replay_.on_column(1, 0, FieldType::kBoolean, "v").ok());
    ASSERT_TRUE(row(1, 0, 0, 20, 2, FieldType::kBoolean).ok());
    EXPECT_EQ(times(), Times{20});
    ASSERT_TRUE(row(0, 0, 0, 30, 1).ok()) << "older rows that come later are left out";
    EXPECT_EQ(times(), Times{20});
}

}  // namespace
}  // namespace sluice::storage
