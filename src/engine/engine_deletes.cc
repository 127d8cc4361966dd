// This file carries out deletes: it makes one durable tombstone for all stores, and forgets it when
// no store has anything left that it covers.
//
// While a delete takes its sequence and reaches the cores, no core begins a flush or merge. So no
// flush or merge that does not know the delete makes one row of rows with lower and with higher
// sequences, and later readers can tell them apart. What is deleted together with its schema has
// its writes wait for these few milliseconds too: a point of a higher sequence has then been
// checked against the catalog without the schema, and brought its own.
#include <algorithm>
#include <utility>

#include "engine/all_cores.h"
#include "engine/engine_state.h"
#include "sluice/base/log.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {

// Between hold and release a flush or merge that runs already goes on: it began before the delete
// has a sequence, so all of its rows have lower ones.
void CoreState::hold_for_delete(const std::string& database, const std::string& measurement) {
    for (storage::Store* store : stores) store->hold_merges();
    if (!measurement.empty()) dropping_.emplace_back(database, measurement);
}

void CoreState::release_after_delete(const std::string& database, const std::string& measurement,
                                     const std::shared_ptr<const meta::Catalog>& newest) {
    if (newest != nullptr) install(newest);
    for (storage::Store* store : stores) store->release_merges();
    if (measurement.empty()) return;
    const auto found = std::find(dropping_.begin(), dropping_.end(),
                                 std::pair<std::string, std::string>(database, measurement));
    SLUICE_CHECK(found != dropping_.end());
    dropping_.erase(found);
    dropped_.notify_all();
}

// Is asked only while something is being dropped, so looking at every table does not count.
bool CoreState::is_being_dropped(std::string_view database, const model::SeriesIndex& index,
                                 const model::PointBatch& batch) const {
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        const std::string_view name = index.measurement_name(batch.table_at(i).measurement);
        for (const auto& [owner, measurement] : dropping_) {
            if (owner == database && measurement == name) return true;
        }
    }
    return false;
}

std::vector<std::uint64_t> CoreState::unsettled_deletes() const {
    std::vector<std::uint64_t> open;
    for (const storage::Store* store : stores) {
        const std::vector<std::uint64_t> more = store->unsettled_deletes();
        open.insert(open.end(), more.begin(), more.end());
    }
    return open;
}

namespace {

// Carried to core 0.
struct DeleteOn0 {
    EngineState* engine;
    io::Task<Result<void>> (EngineState::*member)(Deletion);
    Deletion* deletion;
    auto operator()() { return (engine->*member)(std::move(*deletion)); }
};

}  // namespace

io::Task<Result<void>> EngineState::delete_points(Deletion deletion) {
    DeleteOn0 carry{this, &EngineState::delete_on_core_0, &deletion};
    co_return co_await io::call_on(0, carry);
}

// One after the other: sequences of tombstones rise with versions of the catalog.
io::Task<Result<void>> EngineState::delete_on_core_0(Deletion deletion) {
    while (deleting_) co_await delete_ended_.wait();
    deleting_ = true;
    Result<void> deleted = co_await delete_alone(deletion);
    SLUICE_CHECK(deleting_);
    deleting_ = false;
    delete_ended_.notify_all();
    co_return deleted;
}

io::Task<Result<void>> EngineState::delete_alone(Deletion& deletion) {
    SLUICE_CHECK(io::Reactor::current().core() == 0 && deleting_);
    const Deletion* shared = &deletion;
    const auto hold = [shared](CoreState& core) {
        core.hold_for_delete(shared->database, shared->dropped_measurement);
    };
    co_await on_all_cores(core_states(), hold);

    // All cores hold now: every row with a lower sequence is in a log or will be told apart from
    // later ones.
    deletion.what.sequence = sequences.take();
    const auto changed = co_await catalog_->change([shared](meta::CatalogEditor& editor) {
        Result<void> added = editor.add_tombstone(shared->database, shared->what);
        if (added.ok() && !shared->dropped_measurement.empty()) {
            editor.remove_measurement(shared->database, shared->dropped_measurement);
        }
        return added;
    });

    // A change that failed may be found done by the next start, until the catalog has a new log.
    // Points that live on without their schema must not come into being meanwhile.
    if (!changed.ok() && !shared->dropped_measurement.empty()) co_await await_certainty();

    const std::shared_ptr<const meta::Catalog> newest = changed.ok() ? *changed : nullptr;
    const auto release = [shared, newest](CoreState& core) {
        core.release_after_delete(shared->database, shared->dropped_measurement, newest);
    };
    co_await on_all_cores(core_states(), release);
    if (!changed.ok()) co_return changed.error();
    co_return Result<void>();
}

// Bounded: a device that takes nothing must not keep clients for ever.
io::Task<void> EngineState::await_certainty() {
    constexpr std::int64_t kPatienceNs = 10 * kSecondNs;
    constexpr std::int64_t kRetryNs = 100 * kMillisecondNs;
    io::Reactor& reactor = cores_[0]->state_->reactor;
    const std::int64_t deadline = reactor.monotonic_ns() + kPatienceNs;
    while (catalog_->needs_healing() && !stopping_ && reactor.monotonic_ns() < deadline) {
        co_await catalog_->heal();
        if (!catalog_->needs_healing()) break;
        co_await stop_.wait_until(reactor.monotonic_ns() + kRetryNs);
    }
}

io::Task<void> EngineState::settle_deletes(io::Reactor& reactor) {
    for (;;) {
        const bool stopping = co_await pause(reactor, options_.delete_check_ns);
        if (stopping) co_return;
        co_await forget_settled();
    }
}

// A tombstone is needed as long as some store has a row that it covers: in a head, or in a segment
// that was not rewritten yet. What none of the stores calls open is settled; it cannot become open
// again, because rows that come later have higher sequences.
io::Task<void> EngineState::forget_settled() {
    const std::shared_ptr<const meta::Catalog> catalog = catalog_->catalog();
    std::vector<std::uint64_t> settled;
    for (const auto& database : catalog->databases) {
        for (const auto& each : database->tombstones) settled.push_back(each->sequence);
    }
    if (settled.empty()) co_return;
    // A core that does not know a tombstone yet would say that it has nothing to cover.
    co_await install_everywhere(catalog);
    const auto ask = [](CoreState& core) { return core.unsettled_deletes(); };
    co_await hand_over_.begin_turn();
    const std::vector<std::vector<std::uint64_t>> answers =
        co_await on_all_cores(core_states(), ask);
    hand_over_.end_turn();
    std::vector<std::uint64_t> open;
    for (const std::vector<std::uint64_t>& more : answers) {
        open.insert(open.end(), more.begin(), more.end());
    }
    std::sort(open.begin(), open.end());
    std::erase_if(settled, [&](std::uint64_t sequence) {
        return std::binary_search(open.begin(), open.end(), sequence);
    });
    if (settled.empty()) co_return;
    const auto forgotten = co_await catalog_->change([&settled](meta::CatalogEditor& editor) {
        editor.forget_tombstones(settled);
        return Result<void>();
    });
    if (!forgotten.ok()) {
        log_warn("cannot forget deletes that are done", {{"error", forgotten.error().message}});
    }
}

}  // namespace sluice::engine
