#include "sluice/query/query_registry.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "memory_source.h"
#include "sim_cores.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {
namespace {

TEST(QueryRegistry, NumbersQueriesOfAllCoresApart) {
    QueryRegistry registry(3);
    const auto a = registry.begin(0, "a", "d", 0);
    const auto b = registry.begin(2, "b", "d", 0);
    const auto c = registry.begin(0, "c", "d", 0);
    EXPECT_EQ((*a)->id(), 1u);
    EXPECT_EQ((*b)->id(), 3u);
    EXPECT_EQ((*c)->id(), 4u);
}

TEST(QueryRegistry, CountsTheQueriesOfAllCores) {
    QueryRegistry registry(2, {.concurrent_max = 2});
    auto a = registry.begin(0, "a", "d", 0);
    const auto b = registry.begin(1, "b", "d", 0);
    const auto refused = registry.begin(1, "c", "d", 0);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().message, "max-concurrent-queries limit exceeded(2, 2)");
    a->reset();
    EXPECT_TRUE(registry.begin(1, "c", "d", 0).ok());
}

TEST(QueryRegistry, KillsAQueryOnce) {
    QueryRegistry registry(1);
    const auto query = registry.begin(0, "a", "d", 0);
    EXPECT_EQ(registry.on(0).kill(9).error().message, "no such query id: 9");
    EXPECT_TRUE(registry.on(0).kill(1).ok());
    EXPECT_TRUE((*query)->stopped());
    EXPECT_EQ((*query)->reason().message, "query interrupted");
    EXPECT_EQ(registry.on(0).kill(1).error().message, "already killed");
}

TEST(QueryRegistry, KeepsTheFirstReason) {
    QueryRegistry registry(1);
    const auto query = registry.begin(0, "a", "d", 0);
    (*query)->stop({ErrorKind::kCancelled, "first"});
    (*query)->stop({ErrorKind::kCancelled, "second"});
    EXPECT_EQ((*query)->reason().message, "first");
}

// Stops its query while it takes the first bytes.
class StoppingSink final : public AnswerSink {
public:
    void begin(const AnswerStart&) override {}
    void attach(RunningQuery& query) override { query_ = &query; }
    io::Task<Result<void>> write(std::string_view bytes) override {
        text += bytes;
        query_->stop({ErrorKind::kCancelled, "query interrupted"});
        co_return Result<void>();
    }
    std::string text;

private:
    RunningQuery* query_ = nullptr;
};

TEST(RunningQuery, EndsItsStatementWithTheReason) {
    auto source = std::make_unique<MemorySource>(1);
    for (int i = 0; i < 20'000; ++i) source->add_point(0, "m", {}, {integer_field("v", i)}, i);
    StatementExecutor executor(std::move(source));
    QueryRequest request;
    request.text = "SELECT v FROM m; SHOW DATABASES";
    request.database = "d";
    request.chunked = true;
    StoppingSink sink;
    ASSERT_TRUE(executor.execute(std::move(request), sink).take().ok());
    const std::string end =
        "{\"results\":[{\"statement_id\":0,\"error\":\"query interrupted\"}]}\n"
        "{\"results\":[{\"statement_id\":0,\"error\":\"not executed\"}]}\n";
    ASSERT_GE(sink.text.size(), end.size());
    EXPECT_EQ(sink.text.substr(sink.text.size() - end.size()), end);
    EXPECT_LT(sink.text.size(), 1'000'000u);
}

io::Task<void> stop_with_one_running(io::Reactor& reactor) {
    QueryRegistry registry(1);
    const auto before = registry.begin(0, "a", "d", reactor.monotonic_ns());
    registry.on(0).stop_all_at(reactor.monotonic_ns() + kSecondNs,
                               {ErrorKind::kCancelled, "the server is stopping"});
    const auto after = registry.begin(0, "b", "d", reactor.monotonic_ns());
    EXPECT_FALSE((*before)->stopped() || (*after)->stopped());
    (void)co_await reactor.sleep_ns(2 * kSecondNs);
    EXPECT_TRUE((*before)->stopped());
    EXPECT_TRUE((*after)->stopped());
    EXPECT_EQ((*after)->reason().message, "the server is stopping");
}

// The text of a query may still be being parsed when the server is told to stop.
TEST(QueryRegistry, StopsQueriesThatBeginAfterTheStop) {
    io::SimWorld world(1);
    io::SimCores machine(world, 1);
    machine.run([](io::Reactor& reactor) { return stop_with_one_running(reactor); });
}

}  // namespace
}  // namespace sluice::query
