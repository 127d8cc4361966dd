#include "storage/upkeep/compactor.h"

#include <utility>

namespace sluice::storage {
namespace {

constexpr std::int64_t kRetryNs = kSecondNs;
// How long run_until_done() waits before it looks again whether it may begin.
constexpr std::int64_t kTurnNs = 10 * kMillisecondNs;
// How often cold groups are looked for, when nothing else happens.
constexpr std::int64_t kColdCheckNs = kMinuteNs;

}  // namespace

// Looks for work, does one piece of it, and looks again: what is due may have changed while it
// worked. It never holds more than the inputs of one merge.
io::Task<void> Compactor::run() {
    co_await life_.reactor.switch_to(io::Share::kBackground);
    segments_.begin_ages();
    while (!life_.stopping) {
        Work due;
        if (life_.options.background) co_await ask_for_homes();
        if (life_.stopping) break;
        const bool begins = life_.options.background && may_begin();
        if (begins) due = choose(false, false);
        if (!due) {
            // What failed may have been dropped or deleted since: then nothing waits any more.
            if (begins) trouble_.end_compaction_trouble();
            co_await segments_.merge_wanted.wait_until(next_check_ns());
            continue;
        }
        const Result<void> done = co_await carry_out(std::move(due));
        if (!done.ok() && !life_.stopping) {
            co_await segments_.merge_wanted.wait_until(life_.reactor.monotonic_ns() + kRetryNs);
        }
    }
}

io::Task<Result<void>> Compactor::run_until_done(bool into_one) {
    for (;;) {
        co_await ask_for_homes();
        if (life_.stopping) co_return Error{ErrorKind::kCancelled, "the store is stopping"};
        if (!may_begin()) {
            co_await segments_.merge_wanted.wait_until(life_.reactor.monotonic_ns() + kTurnNs);
            continue;
        }
        Work due = choose(into_one, true);
        if (!due) co_return Result<void>();
        SLUICE_CO_TRY_VOID(co_await carry_out(std::move(due)));
    }
}

// Most groups lie in one store, and need no home: all that got cold together are asked for at once.
io::Task<void> Compactor::ask_for_homes() {
    const std::vector<model::ShardGroupId> groups = chooser_.strays();
    if (groups.empty()) co_return;
    const auto choices = co_await life_.options.neighbours->find_homes(groups);
    if (!choices.ok()) co_return;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if ((*choices)[i].home.empty()) homes_.note_no_home_needed(groups[i]);
    }
}

Compactor::Work Compactor::choose(bool into_one, bool purge_at_once) {
    Work due;
    due.merge = chooser_.choose(into_one);
    if (!due.merge) due.purge = purger_.choose(purge_at_once);
    return due;
}

io::Task<Result<void>> Compactor::carry_out(Work work) {
    SLUICE_CHECK(may_begin() && work);
    busy_ = true;
    Result<void> done;
    if (work.merge) {
        done = co_await merger_.run(std::move(*work.merge));
    } else {
        done = co_await purger_.run(std::move(work.purge));
    }
    SLUICE_CHECK(busy_);
    busy_ = false;
    segments_.merge_wanted.notify_all();
    co_return done;
}

// Returns when to look again: when the oldest delete that waits is due, or when a shard group gets
// cold.
std::int64_t Compactor::next_check_ns() const {
    const std::int64_t now_ns = life_.reactor.monotonic_ns();
    const std::int64_t next =
        deletes_.next_due_ns(now_ns, life_.options.purge_after_ns, now_ns + kColdCheckNs);
    return segments_.next_cold_ns(next);
}

}  // namespace sluice::storage
