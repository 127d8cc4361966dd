#include "query/show/series_selection.h"

#include "query/scan/list_job.h"
#include "sluice/influxql/condition.h"
#include "sluice/influxql/time_literal.h"
#include "sluice/model/errors.h"

namespace sluice::query {

using namespace influxql;

Result<const meta::Database*> find_database(const meta::Catalog& catalog, const std::string& named,
                                            const Defaults& defaults) {
    const std::string& name = named.empty() ? defaults.database : named;
    if (name.empty()) return model::database_name_required();
    const meta::Database* database = catalog.find_database(name);
    if (database == nullptr) return model::database_not_found(name);
    return database;
}

void write_column(AnswerWriter& writer, std::string name, std::string column,
                  const std::vector<std::string>& values) {
    writer.begin_series({std::move(name), {}, {std::move(column)}});
    for (const std::string& value : values) {
        writer.begin_row();
        writer.value(Value::of_string(value));
        writer.end_row();
    }
    writer.end_series();
}

namespace {

bool is_named(const Measurement& wanted, std::string_view name) {
    return wanted.regex ? wanted.regex->matches(name) : wanted.name == name;
}

}  // namespace

bool names_measurement(const std::vector<Source>& sources, std::string_view name) {
    if (sources.empty()) return true;
    return std::any_of(sources.begin(), sources.end(),
                       [&](const Source& source) { return is_named(*source.measurement(), name); });
}

bool ShowSource::names(std::string_view measurement) const {
    return wanted == nullptr || is_named(*wanted, measurement);
}

Result<std::vector<ShowSource>> resolve_show_sources(const StatementContext& context,
                                                     const ShowClauses& clauses,
                                                     const meta::Catalog& catalog) {
    const Defaults& defaults = context.defaults;
    const Defaults from{clauses.database.empty() ? defaults.database : clauses.database,
                        defaults.retention_policy};
    std::vector<ShowSource> resolved;
    const auto resolve = [&](Measurement measurement, const Measurement* wanted) -> Result<void> {
        SLUICE_TRY_VOID(normalize(measurement, catalog, from));
        ShowSource source;
        source.database = catalog.find_database(measurement.database);
        source.policy = source.database->find_policy(measurement.retention_policy);
        if (source.policy == nullptr) {
            return model::retention_policy_not_found(measurement.retention_policy);
        }
        if (!may_read(context, catalog, source.database->name, source.policy->name)) {
            return Error{ErrorKind::kInvalid, "not authorized to read " + source.database->name +
                                                  "." + source.policy->name};
        }
        source.wanted = wanted;
        resolved.push_back(source);
        return {};
    };
    for (const Source& source : clauses.sources) {
        SLUICE_TRY_VOID(resolve(*source.measurement(), source.measurement()));
    }
    if (clauses.sources.empty()) {
        Measurement every;
        every.name = "every";  // a name that normalize() accepts
        SLUICE_TRY_VOID(resolve(std::move(every), nullptr));
    }
    return resolved;
}

Result<void> SeriesSelection::set_condition(const ShowClauses& clauses, std::int64_t now_ns) {
    SLUICE_TRY(Condition split, split_condition(clauses.condition, time_from_nanoseconds(now_ns)));
    condition = std::move(split.expr);
    if (split.time.min) range.begin = to_nanoseconds(*split.time.min);
    if (split.time.max) range.end = to_nanoseconds(*split.time.max) + 1;
    return {};
}

void SeriesSelection::add(const meta::RetentionPolicy& policy, std::string_view measurement) {
    ResolvedSources resolved;
    add_measurement(policy, measurement, range, resolved);
    if (resolved.sources.empty()) return;
    std::set<std::string, std::less<>> names;
    for (const auto& [name, type] : resolved.fields) names.insert(name);
    // Looked up once here and not for each series: add() knows the policy, a piece only a number.
    std::vector<const meta::MeasurementSchema*> schemas;
    for (const model::ShardSlot& slot : resolved.sources.front().groups) {
        const meta::ShardGroup* group = policy.find_group(slot.group, slot.range);
        if (group != nullptr) schemas.push_back(group->measurements.find(measurement));
    }
    sources.push_back(std::move(resolved.sources.front()));
    fields_.push_back(std::move(names));
    schemas_.push_back(std::move(schemas));
}

const meta::MeasurementSchema* SeriesSelection::schema_of(const Piece& piece) const {
    return schemas_[piece.source][piece.group];
}

void SeriesSelection::share_fields() {
    shares_fields_ = true;
    for (std::size_t i = 1; i < fields_.size(); ++i) fields_[0].merge(fields_[i]);
}

TagCondition SeriesSelection::condition_of(std::uint32_t source) const {
    const auto& fields = fields_[shares_fields_ ? 0 : source];
    return {condition.get(), options,
            [&fields](std::string_view name) { return fields.contains(name); }};
}

namespace {

// Keeps the series that the condition is true of.
class ConditionSieve final : public storage::SeriesSieve {
public:
    explicit ConditionSieve(TagCondition condition) : condition_(std::move(condition)) {}

    std::size_t cost() const override { return condition_.cost(); }
    const storage::TagChoice* choice() const override {
        return condition_.choice() ? &*condition_.choice() : nullptr;
    }
    bool keeps(std::string_view key) override {
        return condition_.accepts(model::parse_series_key(key));
    }

private:
    const TagCondition condition_;
};

}  // namespace

io::Task<Result<void>> list_series(StatementContext& context, SeriesSelection& selection,
                                   Listing listing) {
    selection.sessions.resize(context.source.core_count());
    ListJob list(selection.sources, listing, context.limits.memory_bytes_max / 2,
                 selection.sessions);
    const SieveMaker make_sieve = [&](std::uint32_t, std::uint32_t source) {
        return std::make_unique<ConditionSieve>(selection.condition_of(source));
    };
    if (selection.condition) list.set_sieves(make_sieve);
    Result<void> listed = co_await context.source.run_on_every_core(list);
    co_return listed;
}

io::Task<Result<void>> visit_series(StatementContext& context, SeriesSelection& selection,
                                    SieveMaker make_sieve,
                                    std::optional<std::span<const std::uint32_t>> numbers) {
    std::vector<CoreSession> sessions(context.source.core_count());
    ListJob list(selection.sources, Listing::kSeries, context.limits.memory_bytes_max / 2,
                 sessions);
    list.set_sieves(make_sieve);
    if (numbers) list.set_numbers(*numbers);
    Result<void> listed = co_await context.source.run_on_every_core(list);
    co_return listed;
}

SeriesVisit::SeriesVisit(StatementContext& context, const SeriesSelection& selection)
    : context_(context), selection_(selection) {
    for (std::uint32_t source = 0; source < selection.sources.size(); ++source) {
        conditions_.push_back(selection.condition_of(source));
    }
}

bool SeriesVisit::next() {
    if (!next_piece()) return false;
    seen_.key = seen_.piece->series.keys()[at_++];
    ++seen_since_pause_;
    return true;
}

const SeriesVisit::Seen* SeriesVisit::match() {
    seen_.name = model::parse_series_key(seen_.key);
    return conditions_[seen_.piece->source].accepts(seen_.name) ? &seen_ : nullptr;
}

// Stands on a piece with series left.
bool SeriesVisit::next_piece() {
    for (; session_ < selection_.sessions.size(); ++session_, piece_ = 0) {
        const auto& pieces = selection_.sessions[session_].pieces;
        for (; piece_ < pieces.size(); ++piece_, at_ = 0) {
            if (context_.query.stopped()) return false;
            seen_.piece = &pieces[piece_];
            if (at_ < pieces[piece_].series.keys().size()) return true;
        }
    }
    return false;
}

io::Task<void> SeriesVisit::pause() {
    seen_since_pause_ = 0;
    return context_.source.breathe();
}

}  // namespace sluice::query
