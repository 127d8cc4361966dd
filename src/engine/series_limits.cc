#include "engine/series_limits.h"

#include <algorithm>
#include <utility>

#include "engine/all_cores.h"
#include "engine/engine_state.h"
#include "sluice/base/log.h"

namespace sluice::engine {
namespace {

constexpr std::int64_t kRecountNs = kMinuteNs;
// A recount takes at most this part of the time.
constexpr std::int64_t kRecountPart = 50;
// A write ends well within it, or is refused.
constexpr std::int64_t kLatelyNs = kMinuteNs;
// Of hashes that are put into a set, or series that are judged, between two looks at the clock.
constexpr std::size_t kSlice = 1024;

}  // namespace

// Values come first, as in InfluxDB (tsdb/index/inmem/inmem.go: CreateSeriesListIfNotExists).
SeriesAnswer SeriesLimits::judge(const Database& database, const AskedSeries& series, std::size_t i,
                                 const SeriesBounds& bounds) {
    if (database.series.contains(series.key(i))) return {};
    const std::span<const TagValue> tags = series.tags(i);
    for (std::size_t tag = 0; tag < tags.size(); ++tag) {
        if (database.values.contains(tags[tag])) continue;
        const std::uint64_t values = database.values.count(tags[tag].tag);
        if (values < bounds.values_per_tag_max) continue;
        return {SeriesAnswer::Kind::kTooManyValues, static_cast<std::uint32_t>(tag), values};
    }
    const bool is_full = bounds.series_max != 0 && database.series.size() >= bounds.series_max;
    return {is_full ? SeriesAnswer::Kind::kTooManySeries : SeriesAnswer::Kind::kMayBe};
}

// What is let in while a count goes on is put into its result, too, so it is not moved on then.
io::Task<bool> SeriesLimits::admit(Database& database, const AskedSeries& series,
                                   const SeriesBounds& bounds, std::vector<SeriesAnswer>& answers) {
    io::Reactor& reactor = io::Reactor::current();
    const std::int64_t now_ns = reactor.monotonic_ns();
    if (!database.is_counting && now_ns - database.lately_ns >= kLatelyNs) {
        database.lately[1] = std::exchange(database.lately[0], {});
        if (now_ns - database.lately_ns >= 2 * kLatelyNs) database.lately[1] = {};
        database.lately_ns = now_ns;
    }
    bool all = true;
    for (std::size_t i = 0; i < series.size(); ++i) {
        if (i % kSlice == kSlice - 1 && reactor.needs_yield()) co_await reactor.yield();
        answers[i] = judge(database, series, i, bounds);
        if (answers[i].kind != SeriesAnswer::Kind::kMayBe) {
            all = false;
            continue;
        }
        if (!database.series.insert(series.key(i))) continue;
        database.lately[0].series.push_back(series.key(i));
        for (const TagValue& each : series.tags(i)) {
            if (database.values.insert(each)) database.lately[0].values.push_back(each);
        }
    }
    co_return all;
}

io::Task<std::vector<SeriesAnswer>> SeriesLimits::ask(std::string database, AskedSeries series,
                                                      SeriesBounds bounds) {
    io::Reactor& reactor = io::Reactor::current();
    const bool with_tags = bounds.values_per_tag_max != 0;
    std::shared_ptr<Database>& entry = databases_[database];
    if (entry == nullptr) entry = std::make_shared<Database>();
    const std::shared_ptr<Database> known = entry;
    if (!known->is_counted && !known->is_counting) co_await count(database, known, with_tags);
    while (!known->is_counted) co_await known->counted.wait();

    std::vector<SeriesAnswer> answers(series.size());
    const bool all = co_await admit(*known, series, bounds, answers);
    const std::int64_t pause_ns = std::max(kRecountNs, known->took_ns * kRecountPart);
    const bool is_due = reactor.monotonic_ns() - known->counted_ns >= pause_ns;
    if (all || known->is_counting || !is_due) co_return answers;
    co_await count(database, known, with_tags);
    (void)co_await admit(*known, series, bounds, answers);
    co_return answers;
}

// Reading all keys takes a while, so it takes its turns among queries, on every core. The cores are
// told to ask again at the end: a series that was deleted may be in what they know.
io::Task<void> SeriesLimits::count(std::string name, std::shared_ptr<Database> database,
                                   bool with_tags) {
    io::Reactor& reactor = io::Reactor::current();
    const std::int64_t began_ns = reactor.monotonic_ns();
    const io::Share share = io::current_share();
    database->is_counting = true;
    co_await reactor.switch_to(io::Share::kQuery);
    SeriesSet found;
    TagValues values;
    {
        const View view(engine_.core(0));
        const storage::Epoch epoch = view.epoch();
        const auto list = [&name, epoch, with_tags](CoreState& core) {
            return core.list_series(name, epoch, with_tags);
        };
        const std::vector<CountedSeries> lists = co_await on_all_cores(engine_.core_states(), list);
        for (const CountedSeries& each : lists) {
            for (std::size_t part = 0; part < SeriesSet::kParts; ++part) {
                found.insert_part(each.series, part);
                if (reactor.needs_yield()) co_await reactor.yield();
            }
            for (std::size_t i = 0; i < each.values.size(); ++i) {
                values.insert(each.values[i]);
                if (i % kSlice == 0 && reactor.needs_yield()) co_await reactor.yield();
            }
        }
    }
    // The older one first: what is let in during the turns of others comes to the ends of the
    // other.
    for (const Lately* lately : {&database->lately[1], &database->lately[0]}) {
        std::size_t key = 0;
        std::size_t value = 0;
        while (key < lately->series.size() || value < lately->values.size()) {
            if (key < lately->series.size()) found.insert(lately->series[key++]);
            if (value < lately->values.size()) values.insert(lately->values[value++]);
            if ((key + value) % kSlice <= 1 && reactor.needs_yield()) co_await reactor.yield();
        }
    }
    database->series = std::move(found);
    database->values = std::move(values);
    database->is_counting = false;
    database->is_counted = true;
    database->counted_ns = reactor.monotonic_ns();
    database->took_ns = database->counted_ns - began_ns;
    database->counted.notify_all();
    tell_all_cores(engine_.core_states(), [name](CoreState& core) { core.forget_series(name); });
    log_debug("counted the series of a database",
              {{"database", name},
               {"series", database->series.size()},
               {"values", database->values.size()},
               {"took_ms", database->took_ns / kMillisecondNs}});
    co_await reactor.switch_to(share);
}

void SeriesLimits::install(const meta::Catalog& catalog) {
    std::erase_if(databases_, [&catalog](const auto& each) {
        return catalog.find_database(each.first) == nullptr;
    });
}

}  // namespace sluice::engine
