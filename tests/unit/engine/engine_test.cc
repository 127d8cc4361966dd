// The engine as server and query use it, on a simulated machine of one or two cores.
#include "sluice/engine/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "sim_cores.h"
#include "sluice/engine/scan.h"

namespace sluice::engine {
namespace {

using model::FieldType;

EngineOptions small_options(std::uint32_t cores) {
    EngineOptions options;
    options.data_directory = "/data";
    options.cores = cores;
    options.memory.heads_bytes = cores * 4 * kMiB;
    options.store.wal_file_bytes = 64 * kKiB;
    options.store.wal_frame_bytes = 16 * kKiB;
    options.retention_check_ns = 30 * kMinuteNs;
    return options;
}

// One point of `measurement` with the field v. The answer's first text, "ok", or the error.
io::Task<std::string> write_point(Core& core, std::string database, std::string measurement,
                                  FieldType type, model::Timestamp time) {
    model::PointBatch batch;
    std::vector<model::Rejection> rejections;
    for (;;) {
        const Result<WriteTarget> target = core.resolve(database, "");
        if (!target.ok()) co_return target.error().message;
        if (!target->shards.takes(time)) co_return "beyond retention";
        batch.clear();
        rejections.clear();
        const model::SeriesId series = core.series_index().add_series(measurement);
        model::BatchTable& table =
            batch.table(core.series_index().measurement(series), target->shards.find(time));
        table.series.push_back(series);
        table.times.push_back(time);
        table.lines.push_back(1);
        table.column("v", type).set_word(0, 7);
        batch.finish();
        const WriteOutcome outcome = co_await core.write(*target, batch, rejections);
        if (outcome.status == WriteStatus::kParseAgain) continue;
        if (outcome.status == WriteStatus::kFailed) co_return outcome.error.message;
        co_return rejections.empty() ? "ok" : rejections.front().message;
    }
}

io::Task<Result<std::uint64_t>> count_groups(Core& core) {
    std::uint64_t groups = 0;
    for (const storage::Store* store : core.stores()) groups += store->shard_groups().size();
    co_return groups;
}

// Runs `body` on core 0 of a started engine.
class EngineTest : public testing::Test {
protected:
    using Body = std::function<io::Task<void>(Core&)>;

    void run(std::uint32_t cores, Body body) {
        io::SimWorld world(1, {}, std::move(disk_));
        world_ = &world;
        EngineOptions options = small_options(cores);
        options.memory.heads_bytes = std::max(options.memory.heads_bytes, heads_bytes_);
        options.series_per_database_max = series_max_;
        options.values_per_tag_max = values_max_;
        engine_ = std::move(*Engine::create(options));
        {
            io::SimCores machine(world, cores);
            machine.run([&](io::Reactor& reactor) { return core_main(reactor, body); });
        }
        engine_.reset();
        disk_ = world.crash();
    }
    io::Task<void> core_main(io::Reactor& reactor, const Body& body) {
        const Result<Core*> core = co_await engine_->start_core(reactor);
        EXPECT_TRUE(core.ok());
        if (!core.ok()) co_return;
        if ((*core)->number() == 0) co_await body(**core);
        co_await engine_->stop_core(**core);
    }

    io::SimDisk disk_;
    io::SimWorld* world_ = nullptr;
    std::unique_ptr<Engine> engine_;
    std::uint64_t heads_bytes_ = 0;  // at least
    std::uint64_t series_max_ = 0;
    std::uint64_t values_max_ = 0;
};

TEST_F(EngineTest, RefusesUnknownNamesInInfluxWords) {
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_EQ(co_await write_point(core, "nodb", "m", FieldType::kFloat, 5),
                  "database not found: \"nodb\"");
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        const auto unknown = core.resolve("d", "nope");
        EXPECT_EQ(unknown.error().message, "retention policy not found: nope");
        EXPECT_TRUE((co_await core.drop_retention_policy("d", "autogen")).ok());
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kFloat, 5),
                  "retention policy not found: autogen");
    });
}

TEST_F(EngineTest, ADroppedDatabaseComesBackEmptyAndTakesOtherTypes) {
    run(2, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kFloat, 5), "ok");
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kInteger, 6),
                  "field type conflict: input field \"v\" on measurement \"m\" is type integer, "
                  "already exists as type float");
        EXPECT_TRUE((co_await core.drop_database("d")).ok());
        for (const auto& groups : co_await on_every_core<std::uint64_t>(core, &count_groups)) {
            EXPECT_EQ(*groups, 0u);
        }
        EXPECT_TRUE(core.catalog()->doomed_groups.empty());
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kInteger, 6), "ok");
    });
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_EQ(core.stores().size(), 2u) << "both stores went to the one core";
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kInteger, 8), "ok");
        EXPECT_NE(co_await write_point(core, "d", "m", FieldType::kFloat, 9), "ok");
    });
}

io::Task<void> advance(io::Reactor& reactor, std::int64_t duration_ns) {
    while (duration_ns > 0) {
        const std::int64_t step = std::min(duration_ns, kMinuteNs);
        (void)co_await reactor.sleep_ns(step);
        duration_ns -= step;
    }
}

TEST_F(EngineTest, RetentionUnlinksAndDoesNotTrustAJumpingClock) {
    run(1, [this](Core& core) -> io::Task<void> {
        meta::RetentionPolicySpec hour;
        hour.duration_ns = kHourNs;
        EXPECT_TRUE((co_await core.create_database("d", hour)).ok());
        const model::Timestamp now = core.reactor().wall_ns();
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kFloat, now), "ok");
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kFloat, now - 2 * kHourNs),
                  "beyond retention");
        co_await advance(core.reactor(), 40 * kMinuteNs);
        world_->jump_wall_ns(365 * kDayNs);
        co_await advance(core.reactor(), 5 * kHourNs);
        EXPECT_EQ(*co_await count_groups(core), 1u) << "a clock that jumped deletes nothing";
        world_->jump_wall_ns(-365 * kDayNs);
        co_await advance(core.reactor(), 26 * kHourNs);
        EXPECT_EQ(*co_await count_groups(core), 0u);
        EXPECT_EQ((co_await engine_->report(core)).shard_groups_expired, 1u);
    });
}

TEST_F(EngineTest, AFullDiskRefusesBodiesUntilThereIsSpaceAgain) {
    run(1, [this](Core& core) -> io::Task<void> {
        const std::uint64_t capacity = world_->disk().capacity_bytes();
        world_->disk().set_capacity_bytes(capacity - world_->disk().free_bytes() + 100 * kMiB);
        co_await advance(core.reactor(), kSecondNs);
        EXPECT_EQ(core.admission().try_admit(10).error().kind, ErrorKind::kNoSpace);
        EXPECT_FALSE((co_await engine_->health(core)).writable);
        world_->disk().set_capacity_bytes(capacity);
        co_await advance(core.reactor(), kSecondNs);
        EXPECT_TRUE(core.admission().try_admit(10).ok());
        EXPECT_TRUE((co_await engine_->health(core)).writable);
    });
}

TEST_F(EngineTest, ReportsWhatItHolds) {
    run(2, [this](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        EXPECT_EQ(co_await write_point(core, "d", "m", FieldType::kFloat, 5), "ok");
        const EngineReport report = co_await engine_->report(core);
        EXPECT_EQ(report.stores.size(), 2u);
        EXPECT_EQ(report.cores.size(), 2u);
        EXPECT_EQ(report.databases, 1u);
        EXPECT_EQ(report.measurements, 1u);
        EXPECT_EQ(core.metrics().points_written.value(), 1u);
        EXPECT_EQ(core.metrics().names_requested.value(), 1u);
        EXPECT_EQ((co_await engine_->health(core)).state, HealthState::kPass);
    });
}

TEST_F(EngineTest, TenThousandNewMeasurementsOneByOne) {
    heads_bytes_ = 32 * kMiB;  // names have a share beside it
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        for (int i = 0; i < 10'000; ++i) {
            const std::string text =
                co_await write_point(core, "d", "m" + std::to_string(i), FieldType::kFloat, 5);
            if (text != "ok") ADD_FAILURE() << text;
        }
        EXPECT_EQ(
            core.catalog()->find_database("d")->find_policy("")->group_at(5)->measurements.size(),
            10'000u);
    });
}

TEST_F(EngineTest, MeasurementsBeyondTheirMemoryAreRefusedOneByOne) {
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        int stored = 0;
        std::string refused;
        while (stored < 10'000 && refused.empty()) {
            const std::string text =
                co_await write_point(core, "d", "m" + std::to_string(stored), FieldType::kFloat, 5);
            if (text == "ok") {
                ++stored;
            } else {
                refused = text;
            }
        }
        EXPECT_GT(stored, 1'000);
        EXPECT_EQ(refused, "no memory for more measurements (memory-limit): measurement=\"m" +
                               std::to_string(stored) + "\" dropped");
        EXPECT_EQ(co_await write_point(core, "d", "m0", FieldType::kFloat, 6), "ok");
        // Also in a shard group that has no measurement yet.
        EXPECT_EQ(co_await write_point(core, "d", "m1", FieldType::kFloat, 5 + 9 * kWeekNs), "ok");
    });
}

constexpr std::string_view kTooManySeries = "max-series-per-database limit exceeded: (3)";

io::Task<std::string> write_series(Core& core, std::string key) {
    io::Task<std::string> writing = write_point(core, "d", std::move(key), FieldType::kFloat, 5);
    std::string text = co_await writing;
    co_return text;
}

TEST_F(EngineTest, ADatabaseTakesSoManySeriesAlsoAfterACrash) {
    series_max_ = 3;
    run(2, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        for (const char* key : {"m,h=a", "m,h=b", "n,h=a"}) {
            EXPECT_EQ(co_await write_series(core, key), "ok");
        }
        EXPECT_EQ(co_await write_series(core, "m,h=c"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "o"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "m,h=a"), "ok");
        EXPECT_EQ(
            core.catalog()->find_database("d")->find_policy("")->group_at(5)->measurements.size(),
            2u);
        EXPECT_EQ(core.metrics().points_beyond_series_max.value(), 2u);
    });
    // Some of it from segments, and with other cores.
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_EQ(co_await write_series(core, "m,h=d"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "n,h=a"), "ok");
        EXPECT_TRUE((co_await core.stores().front()->flush()).ok());
        EXPECT_EQ(co_await write_series(core, "n,h=b"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "n,h=a"), "ok");
    });
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_EQ(co_await write_series(core, "n,h=b"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "m,h=b"), "ok");
    });
}

TEST_F(EngineTest, DeletedSeriesMakeRoomForOthersWithinMinutes) {
    series_max_ = 3;
    run(2, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        for (const char* key : {"m,h=a", "m,h=b", "n"}) {
            EXPECT_EQ(co_await write_series(core, key), "ok");
        }
        EXPECT_TRUE((co_await core.drop_measurement("d", "m")).ok());
        EXPECT_EQ(co_await write_series(core, "m,h=c"), kTooManySeries);
        (void)co_await core.reactor().sleep_ns(3 * kMinuteNs);
        EXPECT_EQ(co_await write_series(core, "m,h=c"), "ok");
        EXPECT_EQ(co_await write_series(core, "m,h=d"), "ok");
        // Those that were deleted are no longer known anywhere.
        EXPECT_EQ(co_await write_series(core, "m,h=a"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "n"), "ok");
        EXPECT_TRUE((co_await core.drop_database("d")).ok());
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        EXPECT_EQ(co_await write_series(core, "m,h=a"), "ok");
    });
}

std::string too_many_values(std::string_view tag, std::string_view value) {
    return "max-values-per-tag limit exceeded (2/2): measurement=\"m\" tag=\"" + std::string(tag) +
           "\" value=\"" + std::string(value) + "\"";
}

TEST_F(EngineTest, ATagTakesSoManyValuesAlsoAfterACrash) {
    values_max_ = 2;
    run(2, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        for (const char* key : {"m,h=a,r=x", "m,h=b,r=x", "m,h=b,r=y", "m,h=a", "n,h=c"}) {
            EXPECT_EQ(co_await write_series(core, key), "ok");
        }
        EXPECT_EQ(co_await write_series(core, "m,h=c,r=x"), too_many_values("h", "c"));
        EXPECT_EQ(co_await write_series(core, "m,h=a,r=z"), too_many_values("r", "z"));
        EXPECT_EQ(co_await write_series(core, "m,h=a,r=y"), "ok") << "a new series of known values";
        EXPECT_EQ(co_await write_series(core, "m,h=a,r=x"), "ok");
        EXPECT_EQ(core.metrics().points_beyond_series_max.value(), 2u);
    });
    // Some of it from segments, and with other cores.
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_EQ(co_await write_series(core, "m,h=c"), too_many_values("h", "c"));
        EXPECT_EQ(co_await write_series(core, "m,h=b,r=x"), "ok");
        EXPECT_TRUE((co_await core.stores().front()->flush()).ok());
        EXPECT_EQ(co_await write_series(core, "m,h=c"), too_many_values("h", "c"));
        EXPECT_EQ(co_await write_series(core, "n,h=d"), "ok");
        EXPECT_EQ(co_await write_series(core, "m,h=a"), "ok");
    });
    // A lower bound than there are values: what is there goes on.
    values_max_ = 1;
    run(1, [](Core& core) -> io::Task<void> {
        EXPECT_EQ(co_await write_series(core, "m,h=c"),
                  "max-values-per-tag limit exceeded (2/1): measurement=\"m\" tag=\"h\" "
                  "value=\"c\"");
        EXPECT_EQ(co_await write_series(core, "m,h=b"), "ok");
        EXPECT_EQ(co_await write_series(core, "m,h=a,r=y"), "ok");
    });
}

TEST_F(EngineTest, DeletedValuesMakeRoomForOthersWithinMinutes) {
    values_max_ = 2;
    run(2, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        for (const char* key : {"m,h=a", "m,h=b", "n,h=a"}) {
            EXPECT_EQ(co_await write_series(core, key), "ok");
        }
        EXPECT_TRUE((co_await core.drop_measurement("d", "m")).ok());
        EXPECT_EQ(co_await write_series(core, "m,h=c"), too_many_values("h", "c"));
        (void)co_await core.reactor().sleep_ns(3 * kMinuteNs);
        for (const char* key : {"m,h=c", "m,h=d", "n,h=a"}) {
            EXPECT_EQ(co_await write_series(core, key), "ok");
        }
        EXPECT_EQ(co_await write_series(core, "m,h=a"), too_many_values("h", "a"));
    });
}

TEST_F(EngineTest, BothBoundsHoldTogether) {
    values_max_ = 2;
    series_max_ = 3;
    run(2, [](Core& core) -> io::Task<void> {
        EXPECT_TRUE((co_await core.create_database("d")).ok());
        EXPECT_EQ(co_await write_series(core, "m,h=a"), "ok");
        EXPECT_EQ(co_await write_series(core, "m,h=b"), "ok");
        EXPECT_EQ(co_await write_series(core, "m,h=c"), too_many_values("h", "c"));
        EXPECT_EQ(co_await write_series(core, "m"), "ok");
        EXPECT_EQ(co_await write_series(core, "m,h=d"), too_many_values("h", "d"));
        EXPECT_EQ(co_await write_series(core, "m,r=a"), kTooManySeries);
        EXPECT_EQ(co_await write_series(core, "m,h=b"), "ok");
    });
}

TEST(EngineOptionsTest, ContradictionsAreRefused) {
    EngineOptions options;
    EXPECT_FALSE(Engine::create(options).ok());
    options.data_directory = "/data";
    options.cores = 0;
    EXPECT_FALSE(Engine::create(options).ok());
    options.cores = 64;
    options.memory = MemoryBudget::of_total(64 * kMiB);
    EXPECT_FALSE(Engine::create(options).ok());
}

TEST(MemoryBudgetTest, GrowsWithCoresAndFitsTheMachine) {
    const auto total = [](const MemoryBudget& budget) {
        return budget.bodies_bytes + budget.heads_bytes + budget.block_cache_bytes +
               budget.queries_bytes;
    };
    const MemoryBudget usual = MemoryBudget::of_machine(64 * kGiB, 2);
    EXPECT_EQ(usual.heads_bytes, MemoryBudget().heads_bytes);
    EXPECT_EQ(MemoryBudget::of_machine(64 * kGiB, 32).heads_bytes, 4 * usual.heads_bytes);
    EXPECT_LE(total(MemoryBudget::of_machine(kGiB, 32)), kGiB / 2);
    EXPECT_GE(total(MemoryBudget::of_machine(kGiB, 2)), kGiB / 3);
    // Heads may grow into half of what is left to half of the machine's memory.
    EXPECT_EQ(usual.heads_growth_bytes, (32 * kGiB - total(usual)) / 2);
    EXPECT_EQ(MemoryBudget::of_machine(kGiB, 2).heads_growth_bytes, 0u);
    EXPECT_EQ(MemoryBudget::of_total(8 * kGiB).heads_growth_bytes, 0u) << "a limit is a limit";
}

}  // namespace
}  // namespace sluice::engine
