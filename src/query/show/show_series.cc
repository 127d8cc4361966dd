// SHOW SERIES is answered here: the keys of the series of a database that a condition lets pass.
#include <numeric>
#include <set>
#include <span>

#include "query/show/series_selection.h"
#include "query/show/show_statements.h"

namespace sluice::query {
namespace {

using namespace influxql;

// tsdb/engine/tsm1: newSeriesPointIterator
Result<void> check_operators(const Expr& condition) {
    bool known = true;
    walk(condition, [&](const Expr& part) {
        const auto* binary = part.as<BinaryExpr>();
        if (binary == nullptr) return;
        const Operator op = binary->op;
        known = known && (op == Operator::kAnd || op == Operator::kOr || op == Operator::kEqual ||
                          op == Operator::kNotEqual || op == Operator::kMatches ||
                          op == Operator::kNotMatches);
    });
    if (!known) return Error{ErrorKind::kInvalid, "invalid tag comparison operator"};
    return {};
}

// Without time InfluxDB asks its index, which knows the series of a whole database: the policy of
// a source only has to have shards.
Result<void> select_by_index(const StatementContext& context,
                             const std::vector<ShowSource>& sources, SeriesSelection& selection) {
    if (selection.condition) {
        SLUICE_TRY_VOID(check_operators(*selection.condition));
    }
    std::set<const meta::Database*> databases;
    for (const ShowSource& source : sources) {
        if (!source.policy->shard_groups.empty()) databases.insert(source.database);
    }
    for (const meta::Database* database : databases) {
        selection.add_database(context, *database, [&](std::string_view name) {
            return std::any_of(sources.begin(), sources.end(),
                               [&](const ShowSource& source) { return source.names(name); });
        });
    }
    return {};
}

// A statement with time is a SELECT of series keys.
void select_by_time(const std::vector<ShowSource>& sources, SeriesSelection& selection) {
    selection.options.undecided_passes = false;
    for (const ShowSource& source : sources) {
        for (const std::string& name : measurement_names(*source.policy, selection.range)) {
            if (source.names(name)) selection.add(*source.policy, name);
        }
    }
}

// With more keys than this to show or to pass over, the list is made whole.
constexpr std::int64_t kFirstMax = 10'000;

struct Precedes {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const {
        return model::series_precedes(a, b);
    }
};

// The first keys of those that were offered, each once.
class FirstKeys {
public:
    explicit FirstKeys(std::size_t wanted) : wanted_(wanted) {}

    std::size_t wanted() const { return wanted_; }
    bool is_full() const { return keys_.size() == wanted_; }
    bool is_done_at(std::string_view key) const {
        return is_full() && !model::series_precedes(key, *keys_.rbegin());
    }
    void offer(std::string_view key) {
        if (is_done_at(key) || keys_.contains(key)) return;
        keys_.emplace(key);
        if (keys_.size() > wanted_) keys_.erase(std::prev(keys_.end()));
    }
    const std::set<std::string, Precedes>& keys() const { return keys_; }

private:
    std::size_t wanted_;
    std::set<std::string, Precedes> keys_;
};

class FirstSieve final : public storage::SeriesSieve {
public:
    FirstSieve(TagCondition condition, FirstKeys& first)
        : condition_(std::move(condition)), first_(first) {}

    std::size_t cost() const override { return condition_.cost(); }
    const storage::TagChoice* choice() const override {
        return condition_.choice() ? &*condition_.choice() : nullptr;
    }
    std::size_t first_wanted() const override { return first_.wanted(); }
    bool is_done_at(std::string_view key) const override { return first_.is_done_at(key); }
    bool keeps(std::string_view key) override {
        if (first_.is_done_at(key)) return false;
        if (condition_.accepts_all() || condition_.accepts(model::parse_series_key(key))) {
            first_.offer(key);
        }
        return false;
    }

private:
    const TagCondition condition_;
    FirstKeys& first_;
};

// Finds the first keys in the order of lists. Measurements are looked at in that order, some at a
// time, until there are enough keys.
io::Task<Result<std::vector<std::string>>> first_keys(StatementContext& context,
                                                      SeriesSelection& selection,
                                                      std::size_t wanted) {
    const std::vector<PlannedSource>& sources = selection.sources;
    std::vector<std::uint32_t> numbers(sources.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    std::stable_sort(numbers.begin(), numbers.end(), [&](std::uint32_t a, std::uint32_t b) {
        return sources[a].measurement < sources[b].measurement;
    });
    FirstKeys first(wanted);
    std::size_t step = 16;
    for (std::size_t begin = 0; begin < numbers.size() && !first.is_full(); step *= 2) {
        std::size_t end = std::min(begin + step, numbers.size());
        // What several policies have of a measurement is looked at together.
        while (end < numbers.size() &&
               sources[numbers[end]].measurement == sources[numbers[end - 1]].measurement) {
            ++end;
        }
        std::vector<FirstKeys> of_core(context.source.core_count(), FirstKeys(wanted));
        const SieveMaker make = [&](std::uint32_t core, std::uint32_t source) {
            return std::make_unique<FirstSieve>(selection.condition_of(source), of_core[core]);
        };
        const std::span<const std::uint32_t> some(numbers.data() + begin, end - begin);
        SLUICE_CO_TRY_VOID(co_await visit_series(context, selection, make, some));
        for (const FirstKeys& each : of_core) {
            for (const std::string& key : each.keys()) first.offer(key);
        }
        begin = end;
    }
    co_return std::vector<std::string>(first.keys().begin(), first.keys().end());
}

io::Task<Result<void>> write_keys(AnswerWriter& writer, std::span<const std::string_view> keys) {
    if (keys.empty()) co_return Result<void>();
    writer.begin_series({"", {}, {"key"}});
    for (const std::string_view key : keys) {
        writer.begin_row();
        writer.value(Value::of_string(key));
        writer.end_row();
        if (!writer.should_flush()) continue;
        const bool goes_on = co_await writer.flush();
        if (!goes_on) co_return Result<void>();
    }
    writer.end_series();
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ShowSeriesStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    selection.catalog = context.source.catalog();
    SLUICE_CO_TRY(const std::vector<ShowSource> sources,
                  resolve_show_sources(context, clauses, *selection.catalog));
    SLUICE_CO_TRY_VOID(selection.set_condition(clauses, context.source.wall_ns()));
    const bool by_time = compares_time(clauses.condition.get());
    if (by_time) {
        select_by_time(sources, selection);
    } else {
        SLUICE_CO_TRY_VOID(select_by_index(context, sources, selection));
    }
    std::vector<std::string_view> keys;
    if (!by_time && clauses.limit > 0 && clauses.limit <= kFirstMax &&
        clauses.offset <= kFirstMax) {
        const auto wanted = static_cast<std::size_t>(clauses.limit + clauses.offset);
        SLUICE_CO_TRY(const std::vector<std::string> first,
                      co_await first_keys(context, selection, wanted));
        keys.assign(first.begin(), first.end());
        keys = limited(std::move(keys), clauses.limit, clauses.offset);
        Result<void> written = co_await write_keys(context.writer, keys);
        co_return written;
    }
    Result<void> listed = co_await list_series(context, selection);
    if (!listed.ok()) co_return listed;
    SeriesVisit visit(context, selection);
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        keys.push_back(visit.key());
    }
    // With time, InfluxDB sorts the keys as strings. Lists of several cores and shards overlap: a
    // series may be in many of them and is shown once.
    const auto precedes = by_time ? [](std::string_view a, std::string_view b) { return a < b; }
                                  : model::series_precedes;
    if (!std::is_sorted(keys.begin(), keys.end(), precedes)) {
        std::sort(keys.begin(), keys.end(), precedes);
    }
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    keys = limited(std::move(keys), clauses.limit, clauses.offset);
    Result<void> written = co_await write_keys(context.writer, keys);
    co_return written;
}

}  // namespace sluice::query
