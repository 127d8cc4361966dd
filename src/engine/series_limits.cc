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
// Of hashes that are put into a set between two looks at the clock.
constexpr std::size_t kSlice = 4096;

}  // namespace

// What is let in while a count goes on is put into its result, too, so it is not moved on then.
bool SeriesLimits::admit(Database& database, const std::vector<std::uint64_t>& series,
                         std::uint64_t series_max, std::int64_t now_ns,
                         std::vector<bool>& refused) {
    if (!database.is_counting && now_ns - database.lately_ns >= kLatelyNs) {
        database.lately[1] = std::exchange(database.lately[0], {});
        if (now_ns - database.lately_ns >= 2 * kLatelyNs) database.lately[1].clear();
        database.lately_ns = now_ns;
    }
    bool all = true;
    for (std::size_t i = 0; i < series.size(); ++i) {
        refused[i] = false;
        if (database.series.contains(series[i])) continue;
        refused[i] = database.series.size() >= series_max;
        all = all && !refused[i];
        if (refused[i]) continue;
        database.series.insert(series[i]);
        database.lately[0].push_back(series[i]);
    }
    return all;
}

io::Task<std::vector<bool>> SeriesLimits::ask(std::string database,
                                              std::vector<std::uint64_t> series,
                                              std::uint64_t series_max) {
    io::Reactor& reactor = io::Reactor::current();
    std::shared_ptr<Database>& entry = databases_[database];
    if (entry == nullptr) entry = std::make_shared<Database>();
    const std::shared_ptr<Database> known = entry;
    if (!known->is_counted && !known->is_counting) co_await count(database, known);
    while (!known->is_counted) co_await known->counted.wait();

    std::vector<bool> refused(series.size());
    const bool all = admit(*known, series, series_max, reactor.monotonic_ns(), refused);
    const std::int64_t pause_ns = std::max(kRecountNs, known->took_ns * kRecountPart);
    const bool is_due = reactor.monotonic_ns() - known->counted_ns >= pause_ns;
    if (all || known->is_counting || !is_due) co_return refused;
    co_await count(database, known);
    (void)admit(*known, series, series_max, reactor.monotonic_ns(), refused);
    co_return refused;
}

// Reading all keys takes a while, so it takes its turns among queries, on every core. The cores are
// told to ask again at the end: a series that was deleted may be in what they know.
io::Task<void> SeriesLimits::count(std::string name, std::shared_ptr<Database> database) {
    io::Reactor& reactor = io::Reactor::current();
    const std::int64_t began_ns = reactor.monotonic_ns();
    const io::Share share = io::current_share();
    database->is_counting = true;
    co_await reactor.switch_to(io::Share::kQuery);
    SeriesSet found;
    {
        const View view(engine_.core(0));
        const storage::Epoch epoch = view.epoch();
        const auto list = [&name, epoch](CoreState& core) { return core.list_series(name, epoch); };
        const std::vector<SeriesSet> lists = co_await on_all_cores(engine_.core_states(), list);
        for (const SeriesSet& each : lists) {
            for (std::size_t part = 0; part < SeriesSet::kParts; ++part) {
                found.insert_part(each, part);
                if (reactor.needs_yield()) co_await reactor.yield();
            }
        }
    }
    // The older list first: what is let in during the turns of others comes to the end of the
    // other.
    for (const std::vector<std::uint64_t>* lately : {&database->lately[1], &database->lately[0]}) {
        for (std::size_t i = 0; i < lately->size(); ++i) {
            found.insert((*lately)[i]);
            if (i % kSlice == 0 && reactor.needs_yield()) co_await reactor.yield();
        }
    }
    database->series = std::move(found);
    database->is_counting = false;
    database->is_counted = true;
    database->counted_ns = reactor.monotonic_ns();
    database->took_ns = database->counted_ns - began_ns;
    database->counted.notify_all();
    tell_all_cores(engine_.core_states(), [name](CoreState& core) { core.forget_series(name); });
    log_debug("counted the series of a database",
              {{"database", name},
               {"series", database->series.size()},
               {"took_ms", database->took_ns / kMillisecondNs}});
    co_await reactor.switch_to(share);
}

void SeriesLimits::install(const meta::Catalog& catalog) {
    std::erase_if(databases_, [&catalog](const auto& each) {
        return catalog.find_database(each.first) == nullptr;
    });
}

}  // namespace sluice::engine
