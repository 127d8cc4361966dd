// Queries that share memory, on a simulated core.
#include "sluice/query/query_memory.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "sim_cores.h"

namespace sluice::query {
namespace {

constexpr std::uint64_t kBytes = 64 * kMiB;

// What a test has at hand on its core.
struct Bench {
    explicit Bench(io::Reactor& reactor_) : reactor(reactor_) {}
    std::unique_ptr<RunningQuery> query() {
        return std::move(*registry.begin(0, "q", "d", reactor.monotonic_ns()));
    }

    io::Reactor& reactor;
    QueryRegistry registry{1};
    QueryMemory memory{kBytes};
};

void on_core(const std::function<io::Task<void>(Bench&)>& body) {
    io::SimWorld world(1);
    io::SimCores machine(world, 1);
    const auto main = [&](io::Reactor& reactor) -> io::Task<void> {
        Bench bench(reactor);
        co_await body(bench);
    };
    machine.run(main);
}

io::Task<Result<QueryMemory::Grant>> take(Bench& bench, const RunningQuery& query) {
    return bench.memory.take(query);
}

TEST(QueryMemory, GivesMuchToOneAndSomeToAnother) {
    on_core([](Bench& bench) -> io::Task<void> {
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants;
        for (std::uint32_t i = 0; i < QueryMemory::kFullGrants; ++i) {
            Result<QueryMemory::Grant> grant = co_await take(bench, *query);
            EXPECT_GE(grant->bytes(), kBytes / 8);
            grants.push_back(std::move(*grant));
        }
        EXPECT_EQ(grants[0].bytes(), kBytes / 4 * 3);
        EXPECT_LE(bench.memory.granted_bytes(), kBytes + kBytes / 4);
        grants.clear();
        EXPECT_EQ(bench.memory.granted_bytes(), 0u);
    });
}

TEST(QueryMemory, LetsTheNextInWhenOneEnds) {
    on_core([](Bench& bench) -> io::Task<void> {
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants;
        for (std::uint32_t i = 0; i < QueryMemory::kFullGrants; ++i) {
            Result<QueryMemory::Grant> grant = co_await take(bench, *query);
            grants.push_back(std::move(*grant));
        }
        auto waiting = take(bench, *query);
        EXPECT_FALSE(waiting.done());
        grants.pop_back();
        (void)co_await bench.reactor.sleep_ns(kMillisecondNs);
        EXPECT_TRUE(waiting.done());
        const Result<QueryMemory::Grant> grant = co_await waiting;
        EXPECT_GE(grant->bytes(), kBytes / 8);
    });
}

TEST(QueryMemory, GivesALittleToThePatientAndRefusesTheRest) {
    on_core([](Bench& bench) -> io::Task<void> {
        const auto query = bench.query();
        constexpr std::uint32_t kAll = QueryMemory::kFullGrants + QueryMemory::kSmallGrants;
        std::vector<QueryMemory::Grant> grants;
        for (std::uint32_t i = 0; i < kAll; ++i) {
            Result<QueryMemory::Grant> grant = co_await take(bench, *query);
            EXPECT_TRUE(grant.ok());
            grants.push_back(std::move(*grant));
        }
        EXPECT_EQ(grants.back().bytes(), kBytes / 16);
        EXPECT_LE(bench.memory.granted_bytes(), kBytes + kBytes / 2);
        const std::int64_t began_ns = bench.reactor.monotonic_ns();
        const Result<QueryMemory::Grant> refused = co_await take(bench, *query);
        EXPECT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
        EXPECT_GE(bench.reactor.monotonic_ns() - began_ns, QueryMemory::kWaitNs);
    });
}

TEST(QueryMemory, WaitsForNobodyWhoWasStopped) {
    on_core([](Bench& bench) -> io::Task<void> {
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants;
        for (std::uint32_t i = 0; i < QueryMemory::kFullGrants; ++i) {
            Result<QueryMemory::Grant> grant = co_await take(bench, *query);
            grants.push_back(std::move(*grant));
        }
        const auto other = bench.query();
        auto waiting = take(bench, *other);
        other->stop({ErrorKind::kCancelled, "query interrupted"});
        (void)co_await bench.reactor.sleep_ns(200 * kMillisecondNs);
        EXPECT_TRUE(waiting.done());
        const Result<QueryMemory::Grant> grant = co_await waiting;
        EXPECT_TRUE(grant.ok());
        EXPECT_EQ(grant->bytes(), 0u);
    });
}

// As many as run at once, all of one client.
io::Task<std::vector<QueryMemory::Grant>> take_full(Bench& bench, const RunningQuery& query,
                                                    std::string client) {
    std::vector<QueryMemory::Grant> grants;
    for (std::uint32_t i = 0; i < QueryMemory::kFullGrants; ++i) {
        Result<QueryMemory::Grant> grant = co_await bench.memory.take(query, client);
        grants.push_back(std::move(*grant));
    }
    co_return grants;
}

TEST(QueryMemory, WhoHoldsLessGoesFirst) {
    on_core([](Bench& bench) -> io::Task<void> {
        bench.memory.set_fair_to_clients(true);
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants = co_await take_full(bench, *query, "10.0.0.1");
        auto greedy = bench.memory.take(*query, "10.0.0.1");
        auto modest = bench.memory.take(*query, "10.0.0.2");
        grants.pop_back();
        (void)co_await bench.reactor.sleep_ns(kMillisecondNs);
        EXPECT_FALSE(greedy.done());
        EXPECT_TRUE(modest.done());
        Result<QueryMemory::Grant> of_modest = co_await modest;
        *of_modest = QueryMemory::Grant();
        (void)co_await bench.reactor.sleep_ns(kMillisecondNs);
        EXPECT_TRUE(greedy.done());
        const Result<QueryMemory::Grant> of_greedy = co_await greedy;
        EXPECT_TRUE(of_greedy.ok());
    });
}

TEST(QueryMemory, TheHostsOfANetworkOfIPv6AreOneClient) {
    on_core([](Bench& bench) -> io::Task<void> {
        bench.memory.set_fair_to_clients(true);
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants = co_await take_full(bench, *query, "2001:db8::1");
        auto greedy = bench.memory.take(*query, "2001:db8::2");
        auto modest = bench.memory.take(*query, "2001:db8:1::1");
        grants.pop_back();
        (void)co_await bench.reactor.sleep_ns(kMillisecondNs);
        EXPECT_FALSE(greedy.done());
        EXPECT_TRUE(modest.done());
        grants.clear();
        const Result<QueryMemory::Grant> of_modest = co_await modest;
        const Result<QueryMemory::Grant> of_greedy = co_await greedy;
        EXPECT_TRUE(of_modest.ok() && of_greedy.ok());
    });
}

TEST(QueryMemory, AsksWhoCameFirstWhereItIsNotFair) {
    on_core([](Bench& bench) -> io::Task<void> {
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants = co_await take_full(bench, *query, "10.0.0.1");
        auto first = bench.memory.take(*query, "10.0.0.1");
        auto second = bench.memory.take(*query, "10.0.0.2");
        grants.pop_back();
        (void)co_await bench.reactor.sleep_ns(kMillisecondNs);
        EXPECT_TRUE(first.done());
        EXPECT_FALSE(second.done());
        grants.clear();
        const Result<QueryMemory::Grant> of_first = co_await first;
        const Result<QueryMemory::Grant> of_second = co_await second;
        EXPECT_TRUE(of_first.ok() && of_second.ok());
    });
}

TEST(QueryMemory, KeepsSomeOfTheLittleForClientsThatHoldNothing) {
    on_core([](Bench& bench) -> io::Task<void> {
        bench.memory.set_fair_to_clients(true);
        const auto query = bench.query();
        std::vector<QueryMemory::Grant> grants = co_await take_full(bench, *query, "10.0.0.1");
        constexpr std::uint32_t kOfOne = QueryMemory::kSmallGrants - QueryMemory::kSmallGrantsKept;
        for (std::uint32_t i = 0; i < kOfOne; ++i) {
            Result<QueryMemory::Grant> grant = co_await bench.memory.take(*query, "10.0.0.1");
            EXPECT_TRUE(grant.ok());
            grants.push_back(std::move(*grant));
        }
        auto one_more = bench.memory.take(*query, "10.0.0.1");
        const Result<QueryMemory::Grant> other = co_await bench.memory.take(*query, "10.0.0.2");
        EXPECT_TRUE(other.ok());
        EXPECT_FALSE(one_more.done());
        const Result<QueryMemory::Grant> refused = co_await one_more;
        EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
    });
}

}  // namespace
}  // namespace sluice::query
