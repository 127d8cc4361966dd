#include "query/statements/manage_queries.h"

#include <algorithm>

#include "sluice/base/units.h"
#include "sluice/influxql/duration.h"

namespace sluice::query {
namespace {

struct ListedQuery {
    std::uint64_t id = 0;
    std::string text;
    std::string database;
    std::string user;
    std::int64_t began_ns = 0;
    bool killed = false;
};

// The lists of running queries belong to their cores, and are copied there: a query may end before
// the answer is written.
class ListQueriesJob final : public CoreJob {
public:
    ListQueriesJob(QueryRegistry& registry, std::vector<std::vector<ListedQuery>>& lists)
        : registry_(registry), lists_(lists) {}
    io::Task<Result<void>> run(CoreView& core) override {
        const RunningQuery* query = registry_.on(core.number()).first();
        for (; query != nullptr; query = query->next) {
            lists_[core.number()].push_back({query->id(), query->text(), query->database(),
                                             query->user(), query->began_ns(), query->stopped()});
        }
        co_return Result<void>();
    }

private:
    QueryRegistry& registry_;
    std::vector<std::vector<ListedQuery>>& lists_;
};

// Every core is asked to kill the query, since only its own knows it.
class KillJob final : public CoreJob {
public:
    KillJob(QueryRegistry& registry, std::uint64_t id, std::vector<std::optional<Error>>& outcomes)
        : registry_(registry), id_(id), outcomes_(outcomes) {}
    io::Task<Result<void>> run(CoreView& core) override {
        Result<void> killed = registry_.on(core.number()).kill(id_);
        if (!killed.ok()) outcomes_[core.number()] = std::move(killed).error();
        co_return Result<void>();
    }

private:
    QueryRegistry& registry_;
    std::uint64_t id_;
    std::vector<std::optional<Error>>& outcomes_;
};

// Go's printing of a duration that is cut to its largest unit.
std::string shown_duration(std::int64_t ns) {
    for (const std::int64_t unit : {kSecondNs, kMillisecondNs, kMicrosecondNs}) {
        if (ns >= unit) return influxql::format_go_duration(ns - ns % unit);
    }
    return influxql::format_go_duration(ns);
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, influxql::ShowQueriesStatement) {
    std::vector<std::vector<ListedQuery>> lists(context.source.core_count());
    ListQueriesJob job(context.registry, lists);
    Result<void> done = co_await context.source.run_on_every_core(job);
    if (!done.ok()) co_return done;
    std::vector<ListedQuery> queries;
    for (std::vector<ListedQuery>& list : lists) {
        std::move(list.begin(), list.end(), std::back_inserter(queries));
    }
    std::sort(queries.begin(), queries.end(),
              [](const ListedQuery& a, const ListedQuery& b) { return a.began_ns < b.began_ns; });
    const std::int64_t now_ns = context.source.monotonic_ns();
    AnswerWriter& writer = context.writer;
    writer.begin_series({"", {}, {"qid", "query", "database", "duration", "status", "user"}});
    const auto catalog = context.source.catalog();
    for (const ListedQuery& query : queries) {
        const bool is_own = !query.user.empty() && query.user == context.request.user;
        if (!is_own && !may_see(context, *catalog, query.database)) continue;
        const std::string duration =
            shown_duration(std::max<std::int64_t>(now_ns - query.began_ns, 0));
        writer.begin_row();
        writer.value(Value::of_unsigned(query.id));
        writer.value(Value::of_string(query.text));
        writer.value(Value::of_string(query.database));
        writer.value(Value::of_string(duration));
        writer.value(Value::of_string(query.killed ? "killed" : "running"));
        writer.value(Value::of_string(query.user));
        writer.end_row();
    }
    writer.end_series();
    co_return Result<void>();
}

// ON host is for clusters; there is one host here, as in InfluxDB without them.
io::Task<Result<void>> execute(StatementContext& context, influxql::KillQueryStatement kill) {
    std::vector<std::optional<Error>> outcomes(context.source.core_count());
    KillJob job(context.registry, kill.id, outcomes);
    Result<void> done = co_await context.source.run_on_every_core(job);
    if (!done.ok()) co_return done;
    // A query has one core; the others say that they do not know it.
    for (const std::optional<Error>& outcome : outcomes) {
        if (!outcome) co_return Result<void>();
        if (outcome->kind == ErrorKind::kConflict) co_return *outcome;
    }
    co_return *outcomes.front();
}

}  // namespace sluice::query
