// This file holds what core 0 does for all cores: it changes the catalog, has expired groups
// unlinked, and watches the free space.
#include <algorithm>
#include <utility>

#include "engine/all_cores.h"
#include "engine/engine_state.h"
#include "sluice/base/log.h"
#include "sluice/io/file.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {

// The answer is the snapshot itself, so that the caller can go on before it is published
// everywhere: a write that asked for names would otherwise wait for the slowest core.
io::Task<Result<std::shared_ptr<const meta::Catalog>>> EngineState::ensure_names(
    const meta::NamesWanted& wanted) {
    const meta::NamesWanted* names = &wanted;
    return io::call_on(0, [this, names] {
        return catalog_->change(
            [names](meta::CatalogEditor& editor) { return editor.ensure_names(*names); });
    });
}

namespace {

// Carried to core 0 by change_catalog() and remove_from_catalog().
template <typename Member>
struct Carry {
    EngineState* engine;
    Member member;
    meta::CatalogWriter::Change* change;
    auto operator()() { return (engine->*member)(std::move(*change)); }
};

}  // namespace

io::Task<Result<void>> EngineState::change_catalog(meta::CatalogWriter::Change change) {
    Carry<decltype(&EngineState::change_on_core_0)> carry{this, &EngineState::change_on_core_0,
                                                          &change};
    co_return co_await io::call_on(0, carry);
}

io::Task<Result<void>> EngineState::remove_from_catalog(meta::CatalogWriter::Change change) {
    Carry<decltype(&EngineState::remove_on_core_0)> carry{this, &EngineState::remove_on_core_0,
                                                          &change};
    co_return co_await io::call_on(0, carry);
}

// The change is durable when catalog_->change() completes. A client that is answered after this
// sees it on whichever core its next request arrives.
io::Task<Result<void>> EngineState::change_on_core_0(meta::CatalogWriter::Change change) {
    SLUICE_CHECK(io::Reactor::current().core() == 0);
    const std::shared_ptr<const meta::Catalog> before = catalog_->catalog();
    const Result<std::shared_ptr<const meta::Catalog>> changed =
        co_await catalog_->change(std::move(change));
    if (!changed.ok()) co_return changed.error();
    SLUICE_CHECK(*changed == before || (*changed)->version > before->version);
    if (*changed != before) co_await install_everywhere(*changed);
    co_return Result<void>();
}

io::Task<Result<void>> EngineState::remove_on_core_0(meta::CatalogWriter::Change change) {
    // Kept until the end: the last reference to a large part of the catalog goes here and not on
    // a core that is busy with writes.
    const std::shared_ptr<const meta::Catalog> before = catalog_->catalog();
    SLUICE_CO_TRY_VOID(co_await change_on_core_0(std::move(change)));
    series_limits_.install(*catalog_->catalog());
    co_await unlink_doomed();
    co_return Result<void>();
}

std::vector<CoreState*> EngineState::core_states() const {
    std::vector<CoreState*> states;
    for (const std::unique_ptr<Core>& core : cores_) {
        SLUICE_CHECK(core != nullptr && core->number() == states.size());
        states.push_back(core->state_.get());
    }
    return states;
}

// Is called by the catalog's writer after each change, also those that change_on_core_0() waits
// for; a core that has the snapshot already does nothing with it.
void EngineState::publish(const std::shared_ptr<const meta::Catalog>& catalog) {
    tell_all_cores(core_states(), [catalog](CoreState& core) { core.install(catalog); });
}

io::Task<void> EngineState::install_everywhere(std::shared_ptr<const meta::Catalog> catalog) {
    const auto install = [catalog](CoreState& core) { core.install(catalog); };
    co_await on_all_cores(core_states(), install);
}

// Has every core unlink the groups that left the catalog, and forgets them when all have. A core
// that cannot, because its device refuses, keeps them doomed: they are tried again later, and after
// a restart.
io::Task<void> EngineState::unlink_doomed() {
    const auto doomed = std::make_shared<const std::vector<model::ShardGroupId>>(
        catalog_->catalog()->doomed_groups);
    if (doomed->empty()) co_return;
    const auto drop = [doomed](CoreState& core) { return core.drop_groups(doomed); };
    co_await hand_over_.begin_turn();
    const std::vector<Result<void>> answers = co_await on_all_cores(core_states(), drop);
    hand_over_.forget(*doomed);
    hand_over_.end_turn();
    bool all = true;
    for (const Result<void>& dropped : answers) {
        if (!dropped.ok()) {
            all = false;
            log_warn("cannot unlink a shard group yet", {{"error", dropped.error().message}});
        }
    }
    if (!all) co_return;
    const auto forgotten = co_await catalog_->change([&doomed](meta::CatalogEditor& editor) {
        editor.forget_doomed(*doomed);
        return Result<void>();
    });
    if (!forgotten.ok()) {
        log_warn("cannot forget unlinked shard groups", {{"error", forgotten.error().message}});
    }
}

// Waits for a while, and returns true if the engine is stopping.
io::Task<bool> EngineState::pause(io::Reactor& reactor, std::int64_t duration_ns) {
    const std::int64_t until = reactor.monotonic_ns() + duration_ns;
    while (!stopping_ && reactor.monotonic_ns() < until) co_await stop_.wait_until(until);
    co_return stopping_;
}

// Also mends the catalog's log, since that mostly fails for want of space.
io::Task<void> EngineState::watch_space(io::Reactor& reactor) {
    // Leaving the refusal needs a little more space than entering it, so that it does not flutter.
    const std::uint64_t enough = options_.free_space_min + options_.free_space_min / 16;
    for (;;) {
        const Result<std::uint64_t> free_bytes =
            co_await io::free_space(reactor, options_.data_directory);
        if (free_bytes.ok()) {
            const std::uint64_t bound = low_space_ ? enough : options_.free_space_min;
            set_low_space(*free_bytes < bound);
        }
        if (catalog_->needs_healing()) co_await catalog_->heal();
        const bool stopping = co_await pause(reactor, options_.free_space_check_ns);
        if (stopping) co_return;
    }
}

void EngineState::set_low_space(bool low) {
    if (low == low_space_) return;
    low_space_ = low;
    if (low) {
        log_error("the disk is nearly full: writes are refused",
                  {{"directory", options_.data_directory}});
    } else {
        log_info("the disk has space again: writes are accepted");
    }
    tell_all_cores(core_states(), [low](CoreState& core) { core.admission.set_low_space(low); });
}

// All three run until the engine stops; each sleeps in pause(), which the stop ends.
io::Task<void> EngineState::run_watchers(io::Reactor& reactor) {
    io::Task<void> space = watch_space(reactor);
    io::Task<void> deletes = settle_deletes(reactor);
    io::Task<void> hand_overs = hand_over_.run(reactor);
    co_await enforce_retention(reactor);
    co_await hand_overs;
    co_await deletes;
    co_await space;
}

}  // namespace sluice::engine
