// Shard groups that have expired leave the catalog and the stores, if the clock can be believed.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/engine_state.h"
#include "sluice/base/log.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::engine {
namespace {

constexpr std::size_t kGroupsNamedMax = 16;

// A line for each: what goes here cannot be asked about afterwards. Of a flood the first are named.
void log_expired(const std::vector<meta::ExpiredGroup>& expired) {
    for (std::size_t i = 0; i < std::min(expired.size(), kGroupsNamedMax); ++i) {
        const meta::ExpiredGroup& each = expired[i];
        log_info("expired shard group removed", {{"database", each.database},
                                                 {"retention_policy", each.retention_policy},
                                                 {"group", each.group},
                                                 {"from_s", each.range.begin / kSecondNs},
                                                 {"to_s", each.range.end / kSecondNs}});
    }
    if (expired.size() > kGroupsNamedMax) {
        log_info("expired shard groups removed",
                 {{"groups", expired.size()}, {"not_named", expired.size() - kGroupsNamedMax}});
    }
}

// Where nobody noted the time: points are mostly written soon after their own times, so the newest
// shard group that is not of the future says when the directory was in use.
std::int64_t newest_group_ns(const meta::Catalog& catalog, std::int64_t wall_ns) {
    std::int64_t newest = wall_ns;
    bool found = false;
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            for (const model::ShardSlot& slot : policy->shard_slots) {
                if (slot.range.begin > wall_ns) continue;
                newest = found ? std::max(newest, slot.range.begin) : slot.range.begin;
                found = true;
            }
        }
    }
    return newest;
}

std::string days_text(std::int64_t duration_ns) {
    const std::int64_t hours = (duration_ns + kHourNs - 1) / kHourNs;
    if (hours < 72) return std::to_string(hours) + " hours";
    return std::to_string(hours / 24) + " days";
}

}  // namespace

// The note of the last process is compared with the clock before anything can expire: a clock that
// was set years ahead while the machine was off would otherwise delete everything at once.
io::Task<void> EngineState::compare_clock(io::Reactor& reactor) {
    const std::optional<std::int64_t> noted = co_await clock_note_.read(reactor);
    const std::int64_t wall = reactor.wall_ns();
    const std::int64_t known =
        noted.has_value() ? *noted : newest_group_ns(*catalog_->catalog(), wall);
    clock_ = &reactor;
    retention_.start(known, wall, reactor.monotonic_ns());
    if (const std::string doubt = clock_doubt(); !doubt.empty()) {
        log_error("the clock may be wrong", {{"what", doubt}});
    }
    co_await note_clock(reactor);
}

std::string EngineState::clock_doubt() const {
    if (clock_ == nullptr) return {};
    const std::int64_t now = clock_->monotonic_ns();
    const std::int64_t gap = retention_.start_gap_ns(now);
    if (gap == 0) return {};
    return "the clock was " + days_text(gap) +
           " ahead of the last known time when the server started: shard groups expire in " +
           days_text(retention_.held_off_ns(now)) +
           ", or after a start with [retention] clock-hold-off = \"0s\" if the clock is right";
}

// A clock that is not believed is not noted: the next start must doubt it, too.
io::Task<void> EngineState::note_clock(io::Reactor& reactor) {
    if (retention_.held_off_ns(reactor.monotonic_ns()) != 0) co_return;
    co_await clock_note_.write(reactor, reactor.wall_ns());
}

io::Task<void> EngineState::enforce_retention(io::Reactor& reactor) {
    co_await reactor.switch_to(io::Share::kBackground);
    co_await compare_clock(reactor);
    // Unfinished business of the last run.
    co_await unlink_doomed();
    for (;;) {
        const bool stopping = co_await pause(reactor, options_.retention_check_ns / 3);
        if (stopping) break;
        co_await expire_groups(reactor);
        co_await note_clock(reactor);
    }
    co_await note_clock(reactor);
}

// A group leaves the catalog first, durably, and then the stores: a crash in between leaves files
// that the catalog calls doomed, which the next start unlinks. The other way round, it would leave
// a catalog that promises points which are gone.
io::Task<void> EngineState::expire_groups(io::Reactor& reactor) {
    std::vector<meta::ExpiredGroup> expired =
        retention_.check(*catalog_->catalog(), reactor.wall_ns(), reactor.monotonic_ns());
    if (retention_.last_jump_ns() != 0) {
        log_warn("the wall clock jumped: retention waits",
                 {{"seconds", retention_.last_jump_ns() / kSecondNs}});
    }
    if (!options_.retention_enabled) expired.clear();
    if (options_.holds_expired) std::erase_if(expired, options_.holds_expired);
    if (expired.empty()) {
        if (!catalog_->catalog()->doomed_groups.empty()) co_await unlink_doomed();
        co_return;
    }
    const Result<void> removed = co_await remove_on_core_0([&expired](meta::CatalogEditor& editor) {
        editor.expire_groups(expired);
        return Result<void>();
    });
    if (removed.ok()) {
        groups_expired_ += expired.size();
        log_expired(expired);
    } else {
        log_warn("expired shard groups stay", {{"error", removed.error().message}});
    }
}

}  // namespace sluice::engine
