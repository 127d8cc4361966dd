// What a store says of itself while its device refuses, and what it asks of the device at all, on
// the simulated machine.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "sluice/io/reactor.h"
#include "sluice/storage/store.h"
#include "support/sim_backend.h"

namespace sluice::storage {
namespace {

constexpr model::ShardGroupId kGroup = 1;

io::Task<void> wait_ns(io::Reactor& reactor, std::int64_t duration_ns) {
    co_await reactor.sleep_ns(duration_ns);
}

// What it is shown, in order: keys, and tags with their values.
class Shown final : public SeriesSieve {
public:
    bool keeps(std::string_view key) override {
        texts.emplace_back(key);
        return false;
    }
    bool takes_tags() const override { return true; }
    bool begin_tag(std::string_view tag) override {
        texts.push_back(std::string(tag) + ":");
        return tag == "h";
    }
    void see_value(std::string_view value) override { texts.emplace_back(value); }

    std::vector<std::string> texts;
};

class StoreTrouble : public testing::Test {
protected:
    void SetUp() override {
        store_ = open(options_in("/store"));
        write("m,h=a");
        ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok());
    }
    void TearDown() override {
        backend_.world().faults() = {};
        reactor_.run_until_done(store_->stop());
    }

    StoreOptions options_in(std::string directory) {
        StoreOptions options;
        options.directory = std::move(directory);
        options.sequences = &sequences_;
        options.wal_file_bytes = 64 * kKiB;
        options.wal_frame_bytes = 16 * kKiB;
        options.wal_spare_files = 1;
        options.free_space_min = 0;
        options.background = false;
        return options;
    }
    std::unique_ptr<Store> open(StoreOptions options) {
        return std::move(*reactor_.run_until_done(Store::open(reactor_, std::move(options))));
    }

    void write(std::string_view key) {
        model::PointBatch batch;
        model::SeriesIndex& index = store_->series_index();
        const model::SeriesId series = index.add_series(key);
        model::ShardSlot slot;
        slot.range = {0, 1000};
        slot.group = kGroup;
        model::BatchTable& table = batch.table(index.measurement(series), slot);
        table.series.push_back(series);
        table.times.push_back(10);
        table.lines.push_back(1);
        table.column("v", model::FieldType::kInteger).set_word(0, 1);
        batch.finish();
        ASSERT_TRUE(reactor_.run_until_done(store_->append(batch)).ok());
    }

    // Of all series.
    std::uint64_t count_rows(std::uint64_t* missing = nullptr) {
        ScanSpec spec;
        spec.group = kGroup;
        spec.measurement = "m";
        spec.fields = {"v"};
        spec.range = {0, 1000};
        Scan scan = store_->scan(std::move(spec));
        SeriesRun run;
        std::uint64_t rows = 0;
        for (;;) {
            const auto more = reactor_.run_until_done(scan.next(run));
            if (missing != nullptr) *missing = scan.blocks_missing();
            if (!more.ok() || !*more) return rows;
            rows += run.rows;
        }
    }
    std::uint64_t file_operations() { return backend_.world().file_operation_count(); }

    // DELETE FROM m WHERE h = host
    void remove_host(std::string host) {
        auto tombstone = std::make_shared<model::Tombstone>();
        tombstone->sequence = sequences_.take();
        tombstone->last_group = kGroup;
        tombstone->series = model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual,
                                                            "h", std::move(host));
        auto map = std::make_shared<model::TombstoneMap>();
        map->last_sequence = tombstone->sequence;
        map->groups[kGroup] =
            std::make_shared<model::TombstoneList>(model::TombstoneList{std::move(tombstone)});
        store_->set_tombstones(std::move(map));
    }

    io::SequenceSource sequences_;
    io::SimBackend backend_{1};
    io::Reactor reactor_{backend_};
    std::unique_ptr<Store> store_;
};

TEST_F(StoreTrouble, SaysThatItCannotReadWhatADeleteCovers) {
    // Of no series: the segment is looked at and stays as it is.
    remove_host("nosuch");
    backend_.world().faults().read_error = 1;
    EXPECT_FALSE(reactor_.run_until_done(store_->compact()).ok());
    EXPECT_EQ(store_->health().state, StoreState::kDegraded);
    EXPECT_TRUE(store_->health().text.starts_with("compaction waits: ")) << store_->health().text;
    EXPECT_EQ(store_->metrics().compaction_failures.value(), 1u);

    backend_.world().faults() = {};
    EXPECT_TRUE(reactor_.run_until_done(store_->compact()).ok());
    EXPECT_EQ(store_->health().state, StoreState::kOk) << store_->health().text;
    EXPECT_EQ(store_->stats().segments, 1u);
}

TEST_F(StoreTrouble, SaysThatItCannotRewriteWhatADeleteCovers) {
    write("m,h=b");
    ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok());
    ASSERT_TRUE(reactor_.run_until_done(store_->compact(true)).ok());
    remove_host("b");
    backend_.world().faults().write_error = 1;
    EXPECT_FALSE(reactor_.run_until_done(store_->compact()).ok());
    EXPECT_EQ(store_->health().state, StoreState::kDegraded);

    backend_.world().faults() = {};
    EXPECT_TRUE(reactor_.run_until_done(store_->compact()).ok());
    EXPECT_EQ(store_->health().state, StoreState::kOk) << store_->health().text;
    EXPECT_EQ(store_->stats().segment_rows, 1u);
}

// What it has just written it answers from its cache: a store that starts reads the device.
TEST_F(StoreTrouble, AnswersWithoutWhatTheDeviceDoesNotGiveBack) {
    reactor_.run_until_done(store_->stop());
    store_ = open(options_in("/store"));
    backend_.world().faults().read_error = 1;
    std::uint64_t missing = 0;
    EXPECT_EQ(count_rows(&missing), 0u);
    EXPECT_EQ(missing, 1u);
    EXPECT_EQ(store_->health().state, StoreState::kDegraded);
    const std::string text = store_->health().text;
    EXPECT_TRUE(text.starts_with("unreadable segment: ")) << text;
    EXPECT_EQ(count_rows(&missing), 0u);
    EXPECT_EQ(store_->health().text, text);  // each place once

    backend_.world().faults() = {};
    EXPECT_EQ(count_rows(&missing), 1u);
    EXPECT_EQ(missing, 0u);
}

TEST_F(StoreTrouble, StopsAlthoughTheDeviceTakesNothingMore) {
    write("m,h=b");
    backend_.world().faults().write_error = 1;
    backend_.world().faults().metadata_error = 1;
    io::Task<void> stopping = store_->stop();
    const std::int64_t begin_ns = reactor_.monotonic_ns();
    while (!stopping.done() && reactor_.monotonic_ns() < begin_ns + kMinuteNs) {
        reactor_.turn(io::Reactor::Wait::kAllowed);
    }
    EXPECT_TRUE(stopping.done());
    backend_.world().faults() = {};
    if (!stopping.done()) reactor_.run_until_done(std::move(stopping));
    store_ = open(options_in("/store"));
    EXPECT_EQ(count_rows(), 2u);
}

TEST_F(StoreTrouble, DescriptorsThatAreMissingAreNoDamage) {
    reactor_.run_until_done(store_->stop());
    store_ = open(options_in("/store"));
    backend_.world().faults().nth_operation = 1;
    backend_.world().faults().nth_errno = EMFILE;
    ScanSpec spec;
    spec.group = kGroup;
    spec.measurement = "m";
    spec.fields = {"v"};
    spec.range = {0, 1000};
    Scan scan = store_->scan(std::move(spec));
    SeriesRun run;
    const auto read = reactor_.run_until_done(scan.next(run));
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().os_error, EMFILE);
    EXPECT_EQ(store_->health().state, StoreState::kOk) << store_->health().text;
    EXPECT_EQ(count_rows(), 1u);
}

TEST_F(StoreTrouble, ShowsTagsWithoutTheKeysThatHaveThem) {
    const auto shown = [&] {
        Shown sieve;
        EXPECT_TRUE(reactor_.run_until_done(store_->list_series(kGroup, "m", &sieve)).ok());
        return sieve.texts;
    };
    using Texts = std::vector<std::string>;
    for (const char* key : {"m,h=b,z=1", "m,h=a,z=1", "m,z=2"}) write(key);
    EXPECT_EQ(shown(), (Texts{"h:", "a", "h:", "a", "b", "z:"}));  // of the segment, of the head
    ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok());
    ASSERT_TRUE(reactor_.run_until_done(store_->compact(true)).ok());
    EXPECT_EQ(shown(), (Texts{"h:", "a", "b", "z:"}));
    remove_host("a");
    EXPECT_EQ(shown(), (Texts{"m,h=b,z=1", "m,z=2"}));
}

TEST_F(StoreTrouble, ShowsKeysWhereTagsAreEscaped) {
    write("m,h=b\\,c");
    ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok());
    ASSERT_TRUE(reactor_.run_until_done(store_->compact(true)).ok());
    Shown sieve;
    EXPECT_TRUE(reactor_.run_until_done(store_->list_series(kGroup, "m", &sieve)).ok());
    EXPECT_EQ(sieve.texts, (std::vector<std::string>{"m,h=a", "m,h=b\\,c"}));
}

TEST_F(StoreTrouble, CountsWhatItHasOfAShardGroup) {
    write("m,h=a");
    write("m,h=b");
    const std::vector<GroupStats> groups = store_->group_stats();
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].group, kGroup);
    EXPECT_EQ(groups[0].segments, 1u);
    EXPECT_EQ(groups[0].segment_rows, 1u);
    EXPECT_EQ(groups[0].segment_bytes, store_->stats().segment_bytes);
    EXPECT_EQ(groups[0].head_rows, 2u);
}

TEST_F(StoreTrouble, AnswersFromTheCacheWhatItHasJustWritten) {
    write("m,h=b");
    ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok());
    reactor_.run_until_done(wait_ns(reactor_, 100'000'000));
    std::uint64_t before = file_operations();
    EXPECT_EQ(count_rows(), 2u);
    EXPECT_EQ(file_operations(), before);
    ASSERT_TRUE(reactor_.run_until_done(store_->compact(true)).ok());
    EXPECT_EQ(store_->stats().segments, 1u);
    before = file_operations();
    EXPECT_EQ(count_rows(), 2u);
    EXPECT_EQ(file_operations(), before);
}

TEST_F(StoreTrouble, ReadsNothingIntoACacheThatIsFull) {
    reactor_.run_until_done(store_->stop());
    StoreOptions options = options_in("/small");
    options.block_cache_bytes = 1;
    store_ = open(std::move(options));
    write("m,h=b");
    ASSERT_TRUE(reactor_.run_until_done(store_->flush()).ok());
    reactor_.run_until_done(wait_ns(reactor_, 100'000'000));
    const std::uint64_t before = file_operations();
    EXPECT_EQ(count_rows(), 1u);
    EXPECT_GT(file_operations(), before);
    EXPECT_EQ(store_->stats().block_cache_bytes, 0u);
}

// A body may be refused after its series have been added.
TEST_F(StoreTrouble, LetsGoOfSeriesThatNoRowFollowed) {
    StoreOptions options = options_in("/other");
    options.head_bytes_max = 256 * kKiB;
    options.background = true;
    const std::unique_ptr<Store> store = open(std::move(options));
    for (int i = 0; i < 10'000; ++i) store->series_index().add_series("m,h=" + std::to_string(i));
    const std::uint64_t full = store->stats().series_index_bytes;
    EXPECT_GT(full, 256 * kKiB);
    reactor_.run_until_done(wait_ns(reactor_, 2'000'000'000));
    EXPECT_LT(store->stats().series_index_bytes, full / 10);
    EXPECT_EQ(store->stats().segments, 0u);
    reactor_.run_until_done(store->stop());
}

}  // namespace
}  // namespace sluice::storage
