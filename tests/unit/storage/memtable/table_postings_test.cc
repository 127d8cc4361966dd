// What a memtable's postings say, asked while rows come in; and rows found by them against rows
// found by looking at all.
#include "storage/memtable/table_postings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "batches.h"
#include "sim_machine.h"
#include "sluice/base/random.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"

namespace sluice::storage {
namespace {

using Keys = std::set<std::string>;

class TablePostingsTest : public testing::Test {
protected:
    // A row of the measurement m in group 1, or of another one.
    void add(const std::string& key, model::Timestamp time, const std::string& field = "v") {
        model::PointBatch batch;
        const std::vector<TestField> fields{number(field, 1)};
        add_row(batch, head_->series_index(), 1, key, time, fields);
        batch.finish();
        const model::BatchTable& table = batch.table_at(0);
        ASSERT_TRUE(head_->memtable(1, table.measurement).append(table, ++sequence_).ok());
    }
    std::shared_ptr<Memtable> table() { return head_->find(1, "m"); }
    TablePostings& postings() {
        TablePostings& all = table()->postings();
        machine_.run(all.carry_on(machine_.reactor()));
        return all;
    }
    std::string key(model::SeriesId id) { return std::string(head_->series_index().key(id)); }
    Keys find(const TagChoice& choice) {
        const auto found = machine_.run(postings().find(machine_.reactor(), choice));
        Keys keys;
        EXPECT_TRUE(found.has_value());
        for (const model::SeriesId id : *found) keys.insert(key(id));
        return keys;
    }

    io::SimMachine machine_;
    std::shared_ptr<Head> head_ = std::make_shared<Head>(1);
    std::uint64_t sequence_ = 0;
};

TEST_F(TablePostingsTest, RowsOfASeriesAreAChain) {
    add("m,h=a", 1000);
    add("n,h=a", 1000);  // of another table, and a series of the same head
    add("m,h=b", 1001);
    add("m,h=a", 1002);
    TablePostings& all = postings();
    ASSERT_EQ(all.rows(), 3u);
    ASSERT_EQ(all.series().size(), 2u);
    const model::SeriesId a = all.series()[0];
    EXPECT_EQ(key(a), "m,h=a");
    EXPECT_EQ(all.last_row(a), 2u);
    EXPECT_EQ(all.row_before(2), 0u);
    EXPECT_EQ(all.row_before(0), TablePostings::kNone);
    add("m,h=c", 1003);
    EXPECT_EQ(postings().last_row(a), 2u);
    EXPECT_EQ(postings().series().size(), 3u);
    EXPECT_EQ(postings().last_row(77), TablePostings::kNone);
}

TEST_F(TablePostingsTest, SeriesAreFoundByAValueAlsoIfTheyCameLater) {
    for (const char* each : {"m,host=a", "m,host=ab", "m,host=b,zone=a", "m,myhost=a", "m"}) {
        add(each, 1000);
    }
    EXPECT_EQ(find({"host", {"a"}}), (Keys{"m,host=a"}));
    EXPECT_EQ(find({"zone", {"a"}}), (Keys{"m,host=b,zone=a"}));
    EXPECT_EQ(find({"floor", {"a"}}), Keys{});
    add("m,host=a,zone=a", 1001);
    EXPECT_EQ(find({"host", {"b", "a", "b"}}),
              (Keys{"m,host=a", "m,host=a,zone=a", "m,host=b,zone=a"}));
    // What is escaped is left to the caller.
    add("m,host=x\\,y", 1002);
    EXPECT_EQ(find({"zone", {"none"}}), (Keys{"m,host=x\\,y"}));
}

TEST_F(TablePostingsTest, AFewTagsHavePostings) {
    add("m,a=1", 1000);
    for (std::size_t i = 0; i < TablePostings::kTagsMax; ++i) {
        EXPECT_TRUE(find({"t" + std::to_string(i), {"1"}}).empty());
    }
    EXPECT_FALSE(machine_.run(postings().find(machine_.reactor(), {"a", {"1"}})).has_value());
}

TEST_F(TablePostingsTest, AMeasurementMayHaveAnyName) {
    const std::string name = "m\\,host=b\\ c";
    add(name + ",host=a", 1000);
    add(name + ",host=b", 1000);
    TablePostings& all = head_->find(1, "m,host=b c")->postings();
    machine_.run(all.carry_on(machine_.reactor()));
    const auto found = machine_.run(all.find(machine_.reactor(), {"host", {"b"}}));
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ(key(found->front()), name + ",host=b");
}

class TagCollector final : public SeriesSieve {
public:
    bool keeps(std::string_view) override { return false; }
    bool takes_tags() const override { return true; }
    bool begin_tag(std::string_view tag) override {
        tag_ = tag;
        tags[tag_];
        return true;
    }
    std::size_t values_wanted() const override { return wanted; }
    void see_value(std::string_view value) override { tags[tag_].push_back(std::string(value)); }

    std::size_t wanted = ~std::size_t{0};

    std::map<std::string, std::vector<std::string>> tags;

private:
    std::string tag_;
};

TEST_F(TablePostingsTest, TagsAreShownWithoutKeys) {
    for (const char* each : {"m,h=b,z=1", "m,h=a,z=1", "m", "m,x=1", "n,y=1"}) add(each, 1000);
    TagCollector seen;
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), seen)));
    const std::map<std::string, std::vector<std::string>> wanted{
        {"h", {"a", "b"}}, {"x", {"1"}}, {"z", {"1"}}};
    EXPECT_EQ(seen.tags, wanted);
    for (int i = 0; i < 3000; ++i) add("m,h=" + std::to_string(i), 1001);
    EXPECT_FALSE(machine_.run(postings().answer(machine_.reactor(), seen)));
    TagCollector three;
    three.wanted = 3;
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), three)));
    EXPECT_EQ(three.tags["h"], (std::vector<std::string>{"0", "1", "10"}));
    add("m,h=x\\ y", 1002);
    EXPECT_FALSE(machine_.run(postings().answer(machine_.reactor(), seen)));
}

class FirstCollector final : public SeriesSieve {
public:
    explicit FirstCollector(std::size_t wanted) : wanted_(wanted) {}
    bool keeps(std::string_view key) override {
        if (!is_done_at(key)) keys.emplace_back(key);
        return false;
    }
    std::size_t first_wanted() const override { return wanted_; }
    bool is_done_at(std::string_view) const override { return keys.size() == wanted_; }

    std::vector<std::string> keys;

private:
    std::size_t wanted_;
};

TEST_F(TablePostingsTest, TheFirstKeysAreThoseOfLists) {
    // As bytes, a-b comes before a; ! before a comma.
    for (const char* each : {"m,a-b=1", "m,a=1!", "m,a=1,b=2", "m,a=1", "m,b=1"}) add(each, 1000);
    FirstCollector three(3);
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), three)));
    EXPECT_EQ(three.keys, (std::vector<std::string>{"m,a=1", "m,a=1,b=2", "m,a=1!"}));
    for (int i = 1999; i >= 1000; --i) add("m,c=" + std::to_string(i), 1001);
    FirstCollector seven(7);
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), seven)));
    EXPECT_EQ(seven.keys[3], "m,a-b=1");
    EXPECT_EQ(seven.keys[6], "m,c=1001");
    FirstCollector many(600);
    EXPECT_FALSE(machine_.run(postings().answer(machine_.reactor(), many)));
    add("m", 1002);
    FirstCollector one(1);
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), one)));
    EXPECT_EQ(one.keys[0], "m");
}

class Sampler final : public SeriesSieve {
public:
    bool keeps(std::string_view) override { return false; }
    model::DistinctSample* sample() override { return &all; }
    model::DistinctSample all;
};

TEST_F(TablePostingsTest, KeysAreSampledOnce) {
    for (int i = 0; i < 1500; ++i) add("m,h=" + std::to_string(i % 700), 1000);
    Sampler sampler;
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), sampler)));
    EXPECT_EQ(sampler.all.estimate(), 700u);
    add("m,h=more", 1000);
    EXPECT_TRUE(machine_.run(postings().answer(machine_.reactor(), sampler)));
    EXPECT_EQ(sampler.all.estimate(), 701u);
}

TEST_F(TablePostingsTest, AreMemoryOfTheHead) {
    for (int i = 0; i < 5000; ++i) add("m,h=" + std::to_string(i), 1000);
    const std::size_t before = head_->memory_bytes();
    (void)find({"h", {"7"}});
    const std::size_t after = head_->memory_bytes();
    EXPECT_GT(after, before + 5000 * 8);
    EXPECT_LT(after, before + 5000 * 80);
    (void)find({"h", {"8"}});
    EXPECT_EQ(head_->memory_bytes(), after);
    head_->drop_group(1);
    EXPECT_LT(head_->memory_bytes(), before);
}

// Repeated times, rows that others replace or add fields to, deletes, and rows that come while the
// scan goes on.
TEST_F(TablePostingsTest, RowsOfAFewSeriesAreThoseOfTheWholeOrder) {
    Random random(7);
    for (int i = 0; i < 20'000; ++i) {
        const auto time = static_cast<model::Timestamp>(1000 + random.below(60));
        add("m,h=" + std::to_string(random.below(200)), time, random.below(2) == 0 ? "v" : "w");
    }
    const std::shared_ptr<Memtable> rows_of = table();
    const std::uint32_t rows = rows_of->rows();
    for (int i = 0; i < 100; ++i) add("m,h=" + std::to_string(random.below(200)), 1030);
    auto deleted = std::make_shared<model::TombstoneMap>();
    model::Tombstone what;
    what.range = {1010, 1040};
    what.sequence = sequence_ / 2;
    what.last_group = 1;
    deleted->last_sequence = what.sequence;
    deleted->groups[1] = std::make_shared<const model::TombstoneList>(
        model::TombstoneList{std::make_shared<const model::Tombstone>(what)});
    for (int round = 0; round < 20; ++round) {
        const std::set<std::string> picked{"m,h=" + std::to_string(random.below(200)),
                                           "m,h=" + std::to_string(random.below(200)), "m,h=none"};
        const std::vector<std::string> keys(picked.begin(), picked.end());
        const model::TimeRange range{1000 + static_cast<model::Timestamp>(random.below(30)), 1055};
        const auto filter = [&] {
            return DeleteFilter(round % 2 == 0 ? nullptr : deleted, delete_scope(*head_, *rows_of));
        };
        const OrderedRows few = machine_.run(
            order_rows_of(machine_.reactor(), head_, rows_of, rows, keys, range, filter()));
        const OrderedRows all =
            machine_.run(order_rows(machine_.reactor(), head_, rows_of, rows,
                                    SeriesOrder::pick(*head_, keys), range, filter()));
        ASSERT_FALSE(few.places.empty());
        ASSERT_TRUE(
            std::equal(few.places.begin(), few.places.end(), all.places.begin(), all.places.end()));
        ASSERT_EQ(few.times_repeat, all.times_repeat);
        ASSERT_EQ(few.series.size(), all.series.size());
        for (std::size_t i = 0; i < few.series.size(); ++i) {
            EXPECT_EQ(few.series[i].series, all.series[i].series);
            EXPECT_EQ(few.series[i].begin, all.series[i].begin);
            EXPECT_EQ(few.series[i].end, all.series[i].end);
        }
    }
}

}  // namespace
}  // namespace sluice::storage
