// SHOW ... CARDINALITY is answered here. InfluxDB estimates the number of series and measurements
// of a database, and rewrites everything else to SELECT count(distinct(...)). Here all of it is
// counted, except that very many series of a database are estimated.
#include <map>
#include <optional>
#include <set>

#include "query/expr/evaluate.h"
#include "query/scan/core_session.h"
#include "query/scan/list_job.h"
#include "query/show/series_selection.h"
#include "query/show/show_statements.h"
#include "sluice/base/hash.h"
#include "sluice/model/distinct_sample.h"
#include "sluice/model/errors.h"

namespace sluice::query {
namespace {

using namespace influxql;
using Kind = ShowCardinalityStatement::Kind;

// query/statement_rewriter.go; empty: time may be compared.
std::string_view refusal_of_time(Kind kind) {
    switch (kind) {
        case Kind::kSeries:
            return "SHOW SERIES EXACT CARDINALITY doesn't support time in WHERE clause";
        case Kind::kMeasurement:
            return "SHOW MEASUREMENT EXACT CARDINALITY doesn't support time in WHERE clause";
        case Kind::kTagKey:
            return "SHOW TAG KEY EXACT CARDINALITY doesn't support time in WHERE clause";
        case Kind::kFieldKey:
            return "SHOW FIELD KEY CARDINALITY doesn't support time in WHERE clause";
        case Kind::kTagValues:
            break;
    }
    return {};
}

bool names_tag_key(const Expr& condition) {
    bool found = false;
    walk(condition, [&](const Expr& expr) {
        const auto* ref = expr.as<VarRef>();
        found = found || (ref != nullptr && ref->name == "_tagKey");
    });
    return found;
}

bool is_estimate(const ShowCardinalityStatement& show) {
    const ShowClauses& clauses = show.clauses;
    return !show.exact && (show.kind == Kind::kSeries || show.kind == Kind::kMeasurement) &&
           clauses.sources.empty() && !clauses.condition && clauses.dimensions.empty() &&
           clauses.limit == 0 && clauses.offset == 0;
}

// The texts that are counted in one group of the answer. Equal texts of different sources count
// apart, since InfluxDB runs a count for each.
struct Group {
    std::vector<std::pair<std::uint32_t, std::string_view>> keys;  // series: source and key
    std::set<std::pair<std::uint32_t, std::string>> names;         // all other

    std::size_t count() {
        std::sort(keys.begin(), keys.end());
        keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
        return keys.size() + names.size();
    }
};

// The condition of SHOW TAG VALUES, which is asked once more for each tag of a series, by the name
// of `_tagKey`. A tag that the series lacks is nothing then, not '' (tsm1/engine.go:
// matchTagValues).
class ValueCondition {
public:
    // `condition` may be null; it outlives this.
    explicit ValueCondition(const Expr* condition) {
        if (condition == nullptr) return;
        const auto position = [this](const VarRef& ref) {
            auto found = std::find(names_.begin(), names_.end(), ref.name);
            if (found == names_.end()) found = names_.insert(names_.end(), ref.name);
            return static_cast<int>(found - names_.begin());
        };
        expression_.emplace(*condition, position, false);
    }

    bool accepts(const model::SeriesName& series, std::string_view tag_key) const {
        if (!expression_) return true;
        std::vector<Value> row;
        row.reserve(names_.size());
        for (const std::string& name : names_) {
            const std::string_view value = name == "_tagKey" ? tag_key : series.tag_value(name);
            row.push_back(value.empty() ? Value() : Value::of_string(value));
        }
        return expression_->is_true(row.data());
    }

private:
    std::vector<std::string> names_;
    std::optional<RowExpression> expression_;
};

// Takes a sample of the keys.
class SampleSieve final : public storage::SeriesSieve {
public:
    explicit SampleSieve(model::DistinctSample& sample) : sample_(sample) {}

    bool keeps(std::string_view key) override {
        sample_.add(hash_bytes(key));
        return false;
    }
    model::DistinctSample* sample() override { return &sample_; }

private:
    model::DistinctSample& sample_;
};

// Counts the keys of the selection, which has no condition, every key once. The result is an
// estimate if there are very many.
io::Task<Result<std::size_t>> count_keys(StatementContext& context, SeriesSelection& selection) {
    SLUICE_CHECK(!selection.condition);
    std::vector<model::DistinctSample> samples(context.source.core_count());
    const SieveMaker make = [&samples](std::uint32_t core, std::uint32_t) {
        return std::make_unique<SampleSieve>(samples[core]);
    };
    SLUICE_CO_TRY_VOID(co_await visit_series(context, selection, make));
    for (std::size_t i = 1; i < samples.size(); ++i) samples[0].merge(samples[i]);
    co_return samples[0].estimate();
}

// The tables of a count lie in memory on the core of the query, and grow with what is counted. An
// estimate needs a sample of fixed size for each core instead (model/distinct_sample.h).
class CardinalityCounter {
public:
    CardinalityCounter(StatementContext& context, const ShowCardinalityStatement& show)
        : context_(context), show_(show) {}

    // Either one leaves its rows in the answer.
    io::Task<Result<void>> estimate();
    io::Task<Result<void>> count_exactly();

private:
    Result<void> select(const std::vector<ShowSource>& sources);
    Result<void> resolve_dimensions();
    void add(const SeriesVisit::Seen& series, const ValueCondition& condition);
    void write();

    StatementContext& context_;
    const ShowCardinalityStatement& show_;
    SeriesSelection selection_;
    ExprBox value_condition_;
    std::vector<std::uint32_t> from_;  // by planned source: its place in the FROM clause
    std::vector<std::string> dimensions_;
    // The groups by measurement and the values of the dimensions.
    std::map<std::vector<std::string>, Group> groups_;
};

io::Task<Result<void>> CardinalityCounter::estimate() {
    selection_.catalog = context_.source.catalog();
    Result<const meta::Database*> found =
        find_database(*selection_.catalog, show_.clauses.database, context_.defaults);
    std::size_t count = 0;
    if (!found.ok() && found.error().kind != ErrorKind::kNotFound) {
        co_return std::move(found).error();
    }
    if (found.ok())
        selection_.add_database(context_, **found, [](std::string_view) { return true; });
    if (show_.kind == Kind::kMeasurement) {
        std::set<std::string_view> names;
        for (const PlannedSource& source : selection_.sources) names.insert(source.measurement);
        count = names.size();
    } else {
        SLUICE_CO_TRY(count, co_await count_keys(context_, selection_));
    }
    AnswerWriter& writer = context_.writer;
    writer.begin_series({"", {}, {"cardinality estimation"}});
    writer.begin_row();
    writer.value(Value::of_integer(static_cast<std::int64_t>(count)));
    writer.end_row();
    writer.end_series();
    co_return Result<void>();
}

io::Task<Result<void>> CardinalityCounter::count_exactly() {
    const std::string_view refusal = refusal_of_time(show_.kind);
    if (!refusal.empty() && compares_time(show_.clauses.condition.get())) {
        co_return Error{ErrorKind::kInvalid, std::string(refusal)};
    }
    selection_.catalog = context_.source.catalog();
    SLUICE_CO_TRY(const std::vector<ShowSource> sources,
                  resolve_show_sources(context_, show_.clauses, *selection_.catalog));
    SLUICE_CO_TRY_VOID(select(sources));
    Result<void> listed = co_await list_series(context_, selection_, Listing::kSeriesAndTagKeys);
    if (!listed.ok()) co_return listed;
    SLUICE_CO_TRY_VOID(resolve_dimensions());
    SeriesVisit visit(context_, selection_);
    const ValueCondition condition(value_condition_.get());
    while (visit.next()) {
        if (visit.is_due()) co_await visit.pause();
        if (const SeriesVisit::Seen* series = visit.match()) add(*series, condition);
    }
    // Each group has one row.
    if (show_.clauses.offset == 0) write();
    co_return Result<void>();
}

Result<void> CardinalityCounter::select(const std::vector<ShowSource>& sources) {
    SLUICE_TRY_VOID(selection_.set_condition(show_.clauses, context_.source.wall_ns()));
    if (show_.kind == Kind::kTagValues) {
        value_condition_ = selection_.condition;
        // It decides about keys, too, which series know nothing about.
        if (value_condition_ && names_tag_key(*value_condition_)) selection_.condition = {};
    }
    selection_.options.undecided_passes = show_.kind == Kind::kTagValues;
    // A count has no time of its own and stands at the epoch.
    if (!selection_.range.contains(0)) return {};
    for (std::uint32_t from = 0; from < sources.size(); ++from) {
        const ShowSource& source = sources[from];
        for (const std::string& name : measurement_names(*source.policy, selection_.range)) {
            if (!source.names(name)) continue;
            selection_.add(*source.policy, name);
            from_.resize(selection_.sources.size(), from);
        }
    }
    selection_.share_fields();
    return {};
}

// Wildcards stand for the tag keys of the series that were listed, so this comes after the listing.
Result<void> CardinalityCounter::resolve_dimensions() {
    std::set<std::string> known;
    for (const CoreSession& session : selection_.sessions) {
        known.insert(session.tag_keys.begin(), session.tag_keys.end());
    }
    std::set<std::string> wanted;
    for (const Expr& dimension : show_.clauses.dimensions) {
        if (const auto* ref = dimension.as<VarRef>()) {
            wanted.insert(ref->name);
        } else if (dimension.is<Wildcard>()) {
            wanted.insert(known.begin(), known.end());
        } else if (const auto* regex = dimension.as<RegexLiteral>()) {
            std::copy_if(known.begin(), known.end(), std::inserter(wanted, wanted.end()),
                         [&](const std::string& key) { return regex->regex.matches(key); });
        } else {
            return Error{ErrorKind::kUnsupported, "cardinality cannot be grouped by time"};
        }
    }
    dimensions_.assign(wanted.begin(), wanted.end());
    return {};
}

void CardinalityCounter::add(const SeriesVisit::Seen& series, const ValueCondition& condition) {
    const std::uint32_t from = from_[series.piece->source];
    std::vector<std::string> place;
    place.push_back(show_.kind == Kind::kMeasurement ? std::string() : series.name.measurement);
    for (const std::string& key : dimensions_) place.emplace_back(series.name.tag_value(key));
    // A group that counts nothing is not in the answer.
    const auto group = [&]() -> Group& { return groups_[place]; };
    switch (show_.kind) {
        case Kind::kSeries:
            group().keys.emplace_back(from, series.key);
            break;
        case Kind::kMeasurement:
            group().names.emplace(0, series.name.measurement);
            break;
        case Kind::kTagKey:
            for (const model::Tag& tag : series.name.tags) group().names.emplace(from, tag.key);
            break;
        case Kind::kTagValues:
            for (const model::Tag& tag : series.name.tags) {
                if (!show_.filter->accepts(tag.key)) continue;
                if (!condition.accepts(series.name, tag.key)) continue;
                group().names.emplace(from, tag.value);
            }
            break;
        case Kind::kFieldKey:
            for (const meta::Field& field : selection_.schema_of(*series.piece)->fields()) {
                group().names.emplace(from, field.name);
            }
            break;
    }
}

void CardinalityCounter::write() {
    AnswerWriter& writer = context_.writer;
    for (auto& [place, group] : groups_) {
        AnswerSeries head;
        head.name = place[0];
        for (std::size_t i = 0; i < dimensions_.size(); ++i) {
            head.tags.emplace_back(dimensions_[i], place[i + 1]);
        }
        head.columns = {"count"};
        writer.begin_series(std::move(head));
        writer.begin_row();
        writer.value(Value::of_integer(static_cast<std::int64_t>(group.count())));
        writer.end_row();
        writer.end_series();
    }
}

}  // namespace

io::Task<Result<std::uint64_t>> count_series(StatementContext& context, std::string database) {
    SeriesSelection selection;
    selection.catalog = context.source.catalog();
    const meta::Database* found = selection.catalog->find_database(database);
    if (found == nullptr) co_return model::database_not_found(database);
    selection.add_database(context, *found, [](std::string_view) { return true; });
    SLUICE_CO_TRY(const std::size_t count, co_await count_keys(context, selection));
    co_return count;
}

io::Task<Result<void>> execute(StatementContext& context, ShowCardinalityStatement show) {
    CardinalityCounter counter(context, show);
    Result<void> done;
    if (is_estimate(show)) {
        done = co_await counter.estimate();
    } else {
        done = co_await counter.count_exactly();
    }
    co_return done;
}

}  // namespace sluice::query
