// SHOW TAG KEYS and SHOW TAG VALUES are answered here, from the series of all policies of a
// database.
#include <map>

#include "query/scan/select_budget.h"
#include "query/session/sort_in_slices.h"
#include "query/show/distinct_texts.h"
#include "query/show/series_selection.h"
#include "query/show/show_statements.h"
#include "sluice/model/errors.h"

namespace sluice::query {
namespace {

using namespace influxql;

// The policy that FROM names, which is one at most; empty where none is named
// (coordinator/statement_executor.go: executeShowTagValues, since InfluxDB 1.9).
Result<std::string_view> policy_of(const ShowClauses& clauses, const meta::Database& database) {
    std::string_view first;
    for (const Source& source : clauses.sources) {
        const std::string& policy = source.measurement()->retention_policy;
        if (policy.empty()) continue;
        if (database.find_policy(policy) == nullptr) {
            return model::retention_policy_not_found(policy);
        }
        if (first.empty()) first = policy;
        if (policy == first) continue;
        return Error{ErrorKind::kInvalid,
                     "only one retention policy allowed in SHOW TAG VALUES query: \"" + policy +
                         "\", \"" + std::string(first) + "\""};
    }
    return first;
}

// The series of all policies: SHOW TAG KEYS does not look at the policies of its FROM clause, and
// neither statement at its databases. Time narrows to shard groups, as with InfluxDB's tsi1 index.
io::Task<Result<void>> select_series(StatementContext& context, const ShowClauses& clauses,
                                     bool by_policy, SeriesSelection& selection) {
    selection.catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database,
                  find_database(*selection.catalog, clauses.database, context.defaults));
    SLUICE_CO_TRY_VOID(selection.set_condition(clauses, context.source.wall_ns()));
    selection.options.with_name = false;
    SLUICE_CO_TRY(const NameCondition names,
                  NameCondition::make(selection.condition.get(), "_name"));
    std::string_view only;
    if (by_policy) {
        SLUICE_CO_TRY(only, policy_of(clauses, *database));
    }
    for (const auto& policy : database->retention_policies) {
        if (!only.empty() && policy->name != only) continue;
        if (!may_read(context, *selection.catalog, database->name, policy->name)) continue;
        for (const std::string& name : measurement_names(*policy, selection.range)) {
            if (!names_measurement(clauses.sources, name) || !names.accepts(name)) continue;
            selection.add(*policy, name);
        }
    }
    co_return Result<void>();
}

using WantsTag = std::function<bool(std::string_view key)>;
using WantsValue = std::function<bool(std::string_view value)>;

// The values of each tag that one core has found of a measurement.
using Tags = std::map<std::string, DistinctTexts, std::less<>>;

// Strings of values lie in `bytes`, each once for a core. Nothing of a series is kept but its tags.
struct FoundTags {
    std::map<std::string, Tags> measurements;
    Arena bytes{4 * 1024};
    std::uint64_t memory_bytes = 0;
};

// Takes the tags of the series of a measurement that a condition is true of.
class TagSieve final : public storage::SeriesSieve {
public:
    // Without `wants` only their keys, and of each key `values_max` values. Too many end the query
    // on the way, before they are too much memory.
    TagSieve(TagCondition condition, const std::string& measurement, const WantsTag* wants,
             const WantsValue& wants_value, std::size_t values_max, std::uint64_t bytes_max,
             FoundTags& found)
        : condition_(std::move(condition)),
          wants_(wants),
          wants_value_(wants_value),
          values_max_(values_max),
          bytes_max_(bytes_max),
          tags_(found.measurements[measurement]),
          found_(found) {}

    std::size_t cost() const override { return condition_.cost(); }
    const storage::TagChoice* choice() const override {
        return condition_.choice() ? &*condition_.choice() : nullptr;
    }
    bool keeps(std::string_view key) override {
        const model::SeriesName name = model::parse_series_key(key);
        if (!condition_.accepts(name)) return false;
        for (const model::Tag& tag : name.tags) {
            if (begin_tag(tag.key)) see_value(tag.value);
        }
        return false;
    }

    // Without a condition the store's index of tags says all, and keys need not be looked at.
    bool takes_tags() const override { return condition_.accepts_all(); }
    std::size_t values_wanted() const override { return values_max_; }
    bool begin_tag(std::string_view tag) override {
        if (wants_ != nullptr && !(*wants_)(tag)) return false;
        auto at = tags_.find(tag);
        if (at == tags_.end()) {
            at = tags_.emplace(tag, DistinctTexts()).first;
            found_.memory_bytes += sizeof(Tags::value_type) + tag.size() + kNodeBytes;
        }
        values_ = &at->second;
        return wants_ != nullptr;
    }
    // Beyond the bound nothing is added. The statement fails when the visit ends (collect).
    void see_value(std::string_view value) override {
        if (found_.memory_bytes > bytes_max_) return;
        if (wants_value_ && !wants_value_(value)) return;
        if (values_->add(value, found_.bytes)) found_.memory_bytes += value.size() + kNodeBytes;
    }

private:
    static constexpr std::size_t kNodeBytes = 64;  // what a container needs beside its items

    const TagCondition condition_;
    const WantsTag* const wants_;
    const WantsValue& wants_value_;
    const std::size_t values_max_;
    const std::uint64_t bytes_max_;
    Tags& tags_;
    FoundTags& found_;
    DistinctTexts* values_ = nullptr;
};

// All cores' together, everything in ascending order. Views: the findings stay where they are.
using MergedTags =
    std::map<std::string_view, std::map<std::string_view, std::vector<std::string_view>>>;

io::Task<MergedTags> merge(StatementContext& context, const std::vector<FoundTags>& found) {
    MergedTags merged;
    for (const FoundTags& of_core : found) {
        for (const auto& [measurement, tags] : of_core.measurements) {
            for (const auto& [key, values] : tags) {
                auto& all = merged[measurement][key];
                all.insert(all.end(), values.texts().begin(), values.texts().end());
                co_await context.source.breathe();
            }
        }
    }
    for (auto& [measurement, tags] : merged) {
        for (auto& [key, values] : tags) {
            if (!std::is_sorted(values.begin(), values.end())) {
                co_await sort_in_slices(context.source, values);
            }
            values.erase(std::unique(values.begin(), values.end()), values.end());
            co_await context.source.breathe();
        }
    }
    co_return merged;
}

// Visits the series on all cores, each of which fills its own element of `found`.
// With LIMIT the values behind those that are shown and passed over are of no use.
io::Task<Result<void>> collect(StatementContext& context, const ShowClauses& clauses,
                               SeriesSelection& selection, const WantsTag* wants,
                               const WantsValue& wants_value, std::vector<FoundTags>& found) {
    const auto limit = static_cast<std::uint64_t>(clauses.limit);
    const bool shows_first = limit != 0 && !wants_value;
    const std::uint64_t values_max =
        shows_first ? limit + static_cast<std::uint64_t>(clauses.offset) : ~std::uint64_t{0};
    const std::uint64_t bytes_max =
        context.limits.memory_bytes_max / 2 / std::max(1u, context.source.core_count());
    found.resize(context.source.core_count());
    Result<void> visited =
        co_await visit_series(context, selection, [&](std::uint32_t core, std::uint32_t source) {
            return std::make_unique<TagSieve>(selection.condition_of(source),
                                              selection.sources[source].measurement, wants,
                                              wants_value, values_max, bytes_max, found[core]);
        });
    if (!visited.ok()) co_return visited;
    for (const FoundTags& each : found) {
        if (each.memory_bytes > bytes_max) co_return too_much_memory(bytes_max);
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> execute(StatementContext& context, ShowTagKeysStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, clauses, false, selection);
    if (!selected.ok()) co_return selected;
    SLUICE_CO_TRY(const NameCondition wanted_keys,
                  NameCondition::make(selection.condition.get(), "_tagKey",
                                      NameCondition::Others::kPassedOver));
    std::vector<FoundTags> found;
    const WantsValue any_value;
    Result<void> collected =
        co_await collect(context, clauses, selection, nullptr, any_value, found);
    if (!collected.ok()) co_return collected;
    const MergedTags merged = co_await merge(context, found);
    // SLIMIT and SOFFSET are taken and do nothing, as in InfluxDB.
    for (const auto& [measurement, tags] : merged) {
        std::vector<std::string> keys;
        for (const auto& [key, values] : tags) {
            if (wanted_keys.accepts(key)) keys.emplace_back(key);
        }
        const auto shown = limited(std::move(keys), clauses.limit, clauses.offset);
        if (!shown.empty()) {
            write_column(context.writer, std::string(measurement), "tagKey", shown);
        }
    }
    co_return Result<void>();
}

io::Task<Result<void>> execute(StatementContext& context, ShowTagValuesStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    selection.options.without_value = true;
    Result<void> selected = co_await select_series(context, clauses, true, selection);
    if (!selected.ok()) co_return selected;
    // Compared with anything but a text, nothing is it.
    const Result<NameCondition> wanted_values = NameCondition::make(
        selection.condition.get(), kTagValue, NameCondition::Others::kPassedOver);
    const WantsValue wants_value = [&](std::string_view value) {
        return wanted_values.ok() && wanted_values->accepts(value);
    };
    SLUICE_CO_TRY(const NameCondition wanted_keys,
                  NameCondition::make(selection.condition.get(), "_tagKey"));
    const WantsTag wants = [&](std::string_view key) {
        return show.filter.accepts(key) && wanted_keys.accepts(key);
    };
    std::vector<FoundTags> found;
    Result<void> collected =
        co_await collect(context, clauses, selection, &wants, wants_value, found);
    if (!collected.ok()) co_return collected;
    const MergedTags merged = co_await merge(context, found);
    AnswerWriter& writer = context.writer;
    for (const auto& [measurement, tags] : merged) {
        std::vector<std::pair<std::string_view, std::string_view>> rows;
        for (const auto& [key, values] : tags) {
            for (const std::string_view value : values) rows.emplace_back(key, value);
        }
        const auto shown = limited(std::move(rows), clauses.limit, clauses.offset);
        if (shown.empty()) continue;
        writer.begin_series({std::string(measurement), {}, {"key", "value"}});
        for (const auto& [key, value] : shown) {
            writer.begin_row();
            writer.value(Value::of_string(key));
            writer.value(Value::of_string(value));
            writer.end_row();
        }
        writer.end_series();
        if (!writer.should_flush()) continue;
        const bool goes_on = co_await writer.flush();
        if (!goes_on) break;
    }
    co_return Result<void>();
}

}  // namespace sluice::query
