#include <map>
#include <set>

#include "query/show_schema.h"
#include "query/show_selection.h"

namespace sluice::query {
namespace {

using namespace influxql;

constexpr std::size_t kItemsPerBreath = 256;

// The series of all policies: these two statements do not look at the policies and databases of
// their FROM clause. Time narrows to shard groups, as with InfluxDB's tsi1 index.
io::Task<Result<void>> select_series(StatementContext& context, const ShowClauses& clauses,
                                     SeriesSelection& selection) {
    selection.catalog = context.source.catalog();
    SLUICE_CO_TRY(const meta::Database* database,
                  find_database(*selection.catalog, clauses.database, context.defaults));
    SLUICE_CO_TRY_VOID(selection.set_condition(clauses, context.source.wall_ns()));
    selection.options.with_name = false;
    SLUICE_CO_TRY(const NameCondition names,
                  NameCondition::make(selection.condition.get(), "_name"));
    selection.add_database(*database, [&](std::string_view name) {
        return names_measurement(clauses.sources, name) && names.accepts(name);
    });
    co_return Result<void>();
}

// What one core has found, by measurement.
template <typename Item>
struct Found {
    std::map<std::string, std::set<Item>, std::less<>> items;
    std::uint64_t memory_bytes = 0;

    void add(const std::string& measurement, Item item, std::size_t bytes) {
        if (items[measurement].insert(std::move(item)).second) memory_bytes += bytes + kNodeBytes;
    }

private:
    static constexpr std::size_t kNodeBytes = 48;  // of a set's node, beside the item
};

// On the way, so that too many end the query before they are too much memory.
template <typename Item>
io::Task<Result<void>> collect(
    StatementContext& context, SeriesSelection& selection,
    const std::function<void(Found<Item>&, const model::SeriesName&)>& add, Found<Item>& all) {
    const std::uint64_t bytes_max =
        context.limits.memory_bytes_max / 2 / std::max(1u, context.source.core_count());
    std::vector<Found<Item>> found(context.source.core_count());
    Result<void> visited = co_await visit_series(
        context, selection,
        [&](std::uint32_t core, std::string_view, const model::SeriesName& name) {
            if (found[core].memory_bytes <= bytes_max) add(found[core], name);
        });
    if (!visited.ok()) co_return visited;
    for (Found<Item>& each : found) {
        if (each.memory_bytes > bytes_max) co_return too_much_memory(bytes_max);
        for (auto& [measurement, items] : each.items) {
            std::set<Item>& known = all.items[measurement];
            while (!items.empty()) {
                known.insert(items.extract(items.begin()));
                if (known.size() % kItemsPerBreath == 0) co_await context.source.breathe();
            }
        }
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> run(StatementContext& context, ShowTagKeysStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, clauses, selection);
    if (!selected.ok()) co_return selected;
    Found<std::string> keys;
    const auto add = [](Found<std::string>& found, const model::SeriesName& name) {
        found.items.try_emplace(name.measurement);
        for (const model::Tag& tag : name.tags) {
            found.add(name.measurement, tag.key, sizeof(std::string) + tag.key.size());
        }
    };
    selected = co_await collect<std::string>(context, selection, add, keys);
    if (!selected.ok()) co_return selected;
    // SLIMIT and SOFFSET are taken and do nothing, as in InfluxDB.
    for (const auto& [measurement, known] : keys.items) {
        const std::vector<std::string> shown = limited(
            std::vector<std::string>(known.begin(), known.end()), clauses.limit, clauses.offset);
        if (!shown.empty()) write_column(context.writer, measurement, "tagKey", shown);
    }
    co_return Result<void>();
}

io::Task<Result<void>> run(StatementContext& context, ShowTagValuesStatement show) {
    const ShowClauses& clauses = show.clauses;
    SeriesSelection selection;
    Result<void> selected = co_await select_series(context, clauses, selection);
    if (!selected.ok()) co_return selected;
    SLUICE_CO_TRY(const NameCondition wanted_keys,
                  NameCondition::make(selection.condition.get(), "_tagKey"));
    using KeyAndValue = std::pair<std::string, std::string>;
    Found<KeyAndValue> values;
    const auto add = [&](Found<KeyAndValue>& found, const model::SeriesName& name) {
        for (const model::Tag& tag : name.tags) {
            if (!show.filter.accepts(tag.key) || !wanted_keys.accepts(tag.key)) continue;
            found.add(name.measurement, {tag.key, tag.value},
                      sizeof(KeyAndValue) + tag.key.size() + tag.value.size());
        }
    };
    selected = co_await collect<KeyAndValue>(context, selection, add, values);
    if (!selected.ok()) co_return selected;
    AnswerWriter& writer = context.writer;
    for (const auto& [measurement, known] : values.items) {
        const auto shown = limited(std::vector<KeyAndValue>(known.begin(), known.end()),
                                   clauses.limit, clauses.offset);
        if (shown.empty()) continue;
        writer.begin_series({measurement, {}, {"key", "value"}});
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
