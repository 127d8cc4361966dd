// Notes of one process are read by the next, on a simulated disk.
#include "sluice/query/unfinished_runs.h"

#include <gtest/gtest.h>

#include <functional>

#include "sim_cores.h"
#include "sluice/base/aligned_buffer.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"
#include "sluice/io/file.h"
#include "sluice/query/continuous_queries.h"

namespace sluice::query {
namespace {

constexpr char kPath[] = "/runs";
const UnfinishedRuns::Key kQuery{"d", "q"};

void on_machine(const std::function<io::Task<void>(io::Reactor&)>& body) {
    io::SimWorld world(1);
    io::SimCores machine(world, 1);
    machine.run([&](io::Reactor& reactor) { return body(reactor); });
}

// A process that begins the query and ends before it does.
io::Task<void> begin_and_end(io::Reactor& reactor, UnfinishedRuns::Key key,
                             std::uint32_t checksum) {
    UnfinishedRuns runs(reactor, kPath);
    co_await runs.load();
    co_await runs.note_begin(key, checksum);
}

io::Task<std::uint32_t> count_after_start(io::Reactor& reactor, UnfinishedRuns::Key key,
                                          std::uint32_t checksum) {
    UnfinishedRuns runs(reactor, kPath);
    co_await runs.load();
    co_return runs.count(key, checksum);
}

TEST(UnfinishedRuns, CountProcessesThatEndedMeanwhile) {
    on_machine([](io::Reactor& reactor) -> io::Task<void> {
        EXPECT_EQ(co_await count_after_start(reactor, kQuery, 7), 0u);
        co_await begin_and_end(reactor, kQuery, 7);
        co_await begin_and_end(reactor, kQuery, 7);
        EXPECT_EQ(co_await count_after_start(reactor, kQuery, 7), 2u);
        EXPECT_EQ(co_await count_after_start(reactor, kQuery, 8), 0u) << "another text";
        EXPECT_EQ(co_await count_after_start(reactor, {"d", "other"}, 7), 0u);
    });
}

TEST(UnfinishedRuns, BeginAnewWhenARunEnds) {
    on_machine([](io::Reactor& reactor) -> io::Task<void> {
        co_await begin_and_end(reactor, kQuery, 7);
        co_await begin_and_end(reactor, {"d", "other"}, 1);
        UnfinishedRuns runs(reactor, kPath);
        co_await runs.load();
        co_await runs.note_begin(kQuery, 7);
        co_await runs.note_end(kQuery);
        EXPECT_EQ(co_await count_after_start(reactor, kQuery, 7), 0u);
        EXPECT_EQ(co_await count_after_start(reactor, {"d", "other"}, 1), 1u);
    });
}

// Longer names than fit into one block of the file, then shorter ones in the same file.
TEST(UnfinishedRuns, MayBeMany) {
    on_machine([](io::Reactor& reactor) -> io::Task<void> {
        UnfinishedRuns runs(reactor, kPath);
        for (int i = 0; i < 100; ++i) {
            co_await runs.note_begin({std::string(200, 'd'), "q" + std::to_string(i)}, 1);
        }
        EXPECT_EQ(co_await count_after_start(reactor, {std::string(200, 'd'), "q99"}, 1), 1u);
        for (int i = 1; i < 100; ++i) {
            co_await runs.note_end({std::string(200, 'd'), "q" + std::to_string(i)});
        }
        EXPECT_EQ(co_await count_after_start(reactor, {std::string(200, 'd'), "q99"}, 1), 0u);
        EXPECT_EQ(co_await count_after_start(reactor, {std::string(200, 'd'), "q0"}, 1), 1u);
    });
}

TEST(UnfinishedRuns, AreNoneWhereTheFileIsDamaged) {
    on_machine([](io::Reactor& reactor) -> io::Task<void> {
        co_await begin_and_end(reactor, kQuery, 7);
        auto file = co_await io::File::open(reactor, kPath, io::OpenMode::kReadWrite);
        AlignedBuffer block(kDirectIoAlignment);
        (void)co_await file->read_at(block.span(), 0);
        block.data()[20] ^= std::byte{1};
        (void)co_await file->write_at(block.span(), 0);
        co_await file->close();
        EXPECT_EQ(co_await count_after_start(reactor, kQuery, 7), 0u);
        co_await begin_and_end(reactor, kQuery, 7);
        EXPECT_EQ(co_await count_after_start(reactor, kQuery, 7), 1u);
    });
}

constexpr char kText[] =
    "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO d.p.x FROM d.p.m GROUP BY time(1m) "
    "END";

std::shared_ptr<const meta::Catalog> catalog(bool has_query) {
    auto database = std::make_shared<meta::Database>();
    database->name = "d";
    database->default_retention_policy = "p";
    auto query = std::make_shared<meta::ContinuousQuery>();
    query->name = "q";
    query->text = kText;
    if (has_query) database->continuous_queries.push_back(std::move(query));
    auto catalog = std::make_shared<meta::Catalog>();
    catalog->databases.push_back(std::move(database));
    catalog->databases_by_name = {0};
    return catalog;
}

io::Task<Result<std::uint64_t>> count_run(int& runs) {
    ++runs;
    co_return 1;
}

// The number of runs in a look that is due.
io::Task<int> runs_after_start(io::Reactor& reactor, bool made_again, std::string& trouble) {
    UnfinishedRuns unfinished(reactor, kPath);
    int runs = 0;
    ContinuousQueries queries(
        [&runs](std::string, influxql::SelectStatement) { return count_run(runs); }, false,
        &unfinished);
    const auto never = [] { return false; };
    co_await queries.run_due(catalog(true), kSecondNs, never);
    if (made_again) {
        co_await queries.run_due(catalog(false), 2 * kSecondNs, never);
        co_await queries.run_due(catalog(true), 3 * kSecondNs, never);
    }
    co_await queries.run_due(catalog(true), kMinuteNs, never);
    trouble = queries.troubles().empty() ? "" : queries.troubles().front();
    co_return runs;
}

TEST(ContinuousQueries, ArePutAsideWhenTheyEndedThreeStarts) {
    on_machine([](io::Reactor& reactor) -> io::Task<void> {
        std::string trouble;
        const std::uint32_t checksum = crc32c(as_byte_span(kText));
        co_await begin_and_end(reactor, kQuery, checksum);
        co_await begin_and_end(reactor, kQuery, checksum);
        EXPECT_EQ(co_await runs_after_start(reactor, false, trouble), 1) << "two are chance";
        EXPECT_EQ(trouble, "");
        for (int i = 0; i < 3; ++i) co_await begin_and_end(reactor, kQuery, checksum);
        for (int start = 0; start < 2; ++start) {
            EXPECT_EQ(co_await runs_after_start(reactor, false, trouble), 0);
            EXPECT_NE(trouble.find("continuous query q of database d"), std::string::npos);
        }
        EXPECT_EQ(co_await runs_after_start(reactor, true, trouble), 1);
        EXPECT_EQ(trouble, "");
    });
}

}  // namespace
}  // namespace sluice::query
