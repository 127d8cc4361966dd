#include "storage/rows/delete_filter.h"

#include <gtest/gtest.h>

#include "batches.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_deletes.h"
#include "storage/memtable/memtable_order.h"

namespace sluice::storage {
namespace {

using Kind = model::SeriesPredicate::Kind;

model::Tombstone everything(std::uint64_t sequence) {
    model::Tombstone made;
    made.sequence = sequence;
    made.last_group = 5;
    return made;
}

std::shared_ptr<const model::TombstoneMap> map_of(std::vector<model::Tombstone> tombstones) {
    auto list = std::make_shared<model::TombstoneList>();
    auto map = std::make_shared<model::TombstoneMap>();
    for (model::Tombstone& each : tombstones) {
        map->last_sequence = each.sequence;
        list->push_back(std::make_shared<const model::Tombstone>(std::move(each)));
    }
    map->groups[1] = list;
    map->groups[9] = list;
    return map;
}

DeleteScope scope() {
    DeleteScope scope;
    scope.group = 1;
    scope.measurement = "cpu";
    scope.range = {100, 200};
    scope.sequence_min = 10;
    scope.sequence_max = 20;
    return scope;
}

TEST(DeleteFilter, IsEmptyWhereNoTombstoneCanReach) {
    EXPECT_TRUE(DeleteFilter(nullptr, scope()).empty());
    EXPECT_FALSE(DeleteFilter(map_of({everything(30)}), scope()).empty());
    EXPECT_TRUE(DeleteFilter(map_of({everything(10)}), scope()).empty());  // all rows are later
    DeleteScope other = scope();
    other.group = 2;  // of another database
    EXPECT_TRUE(DeleteFilter(map_of({everything(30)}), other).empty());
    other.group = 9;  // made later
    EXPECT_TRUE(DeleteFilter(map_of({everything(30)}), other).empty());
    other = scope();
    other.deletes_applied = 30;
    EXPECT_TRUE(DeleteFilter(map_of({everything(30)}), other).empty());
    model::Tombstone elsewhere = everything(30);
    elsewhere.range = {200, 300};
    EXPECT_TRUE(DeleteFilter(map_of({elsewhere}), scope()).empty());
    model::Tombstone named = everything(30);
    named.measurements.push_back({"mem", {}});
    EXPECT_TRUE(DeleteFilter(map_of({named}), scope()).empty());
}

TEST(DeleteFilter, KnowsWhenNothingIsLeftAndWhenSequencesMatter) {
    EXPECT_TRUE(DeleteFilter(map_of({everything(21)}), scope()).covers_everything());
    const DeleteFilter mixed(map_of({everything(15)}), scope());
    EXPECT_FALSE(mixed.covers_everything());
    EXPECT_TRUE(mixed.needs_sequences());
    model::Tombstone part = everything(21);
    part.range = {100, 199};
    EXPECT_FALSE(DeleteFilter(map_of({part}), scope()).covers_everything());
    part.range = {100, 200};
    EXPECT_TRUE(DeleteFilter(map_of({part}), scope()).covers_everything());
    part.series = model::SeriesPredicate::compare(Kind::kEqual, "h", "a");
    EXPECT_FALSE(DeleteFilter(map_of({part}), scope()).covers_everything());
}

TEST(DeleteFilter, CoversRowsOfItsSeriesWrittenBefore) {
    model::Tombstone of_a = everything(15);
    of_a.range = {120, 140};
    of_a.series = model::SeriesPredicate::compare(Kind::kEqual, "h", "a");
    model::Tombstone late = everything(30);
    late.range = {150, 160};
    DeleteFilter filter(map_of({of_a, late}), scope());
    filter.choose("cpu,h=a");
    EXPECT_TRUE(filter.covers(120, 14));
    EXPECT_FALSE(filter.covers(120, 15));
    EXPECT_FALSE(filter.covers(140, 14));
    EXPECT_TRUE(filter.touches(100, 120));
    EXPECT_FALSE(filter.touches(100, 119));
    EXPECT_FALSE(filter.covers_all(125, 130));  // later rows may be among them
    EXPECT_TRUE(filter.covers_all(150, 159));
    filter.choose("cpu,h=b");
    EXPECT_FALSE(filter.covers(120, 14));
    EXPECT_TRUE(filter.covers(155, 20));
}

TEST(MemtableDeletes, TellRowsOfOneTableApart) {
    Head head(1);
    const std::vector<TestField> fields{number("v", 1)};
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
        model::PointBatch batch;
        const std::string key = sequence % 2 == 0 ? "cpu,h=a" : "cpu,h=b";
        add_row(batch, head.series_index(), 1, key, 100, fields);
        batch.finish();
        ASSERT_TRUE(head.memtable(1, 0).append(batch.table_at(0), sequence).ok());
    }
    const Memtable& table = head.memtable(1, 0);
    model::Tombstone of_a = everything(11);
    of_a.series = model::SeriesPredicate::compare(Kind::kEqual, "h", "a");
    const SeriesOrder order = SeriesOrder::pick(head, {"cpu,h=a", "cpu,h=b"});
    MemtableDeletes deletes(DeleteFilter(map_of({of_a}), delete_scope(head, table)), table, head,
                            order);
    EXPECT_FALSE(deletes.prepare());
    ASSERT_FALSE(deletes.empty());
    for (int pass = 0; pass < 2; ++pass) {
        for (std::uint32_t row = 0; row < 20; ++row) {
            const bool is_a = (row + 1) % 2 == 0;
            EXPECT_EQ(deletes.covers(is_a ? 0 : 1, row, 100), is_a && row + 1 < 11) << row;
        }
    }
}

}  // namespace
}  // namespace sluice::storage
