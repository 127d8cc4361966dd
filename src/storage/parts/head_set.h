// A HeadSet owns the memory of a store: the head that is written to, and those that are frozen and
// on their way to segments, each with its log.
//
//     active   takes appends. When it is full, or old, rotate() freezes it and begins another.
//     frozen   takes no new appends; those that began before go on. Flushed oldest first.
//     gone     end_oldest(): in the turn in which the manifest says that its rows are in segments.
//
// There is at most one active and one frozen head, and a third one while what recovery replayed is
// not yet in segments. So memory is bounded: when both are full, appends wait.
//
// A head, its series index and its log live and end together, because a row in the log names its
// series by the number that the index gave it. Scans and flushes hold heads and memtables by
// shared_ptr and keep what they began with.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "sluice/io/event.h"
#include "sluice/io/task.h"
#include "sluice/storage/head.h"
#include "storage/parts/delete_ledger.h"
#include "storage/parts/group_ledger.h"
#include "storage/parts/store_life.h"
#include "storage/wal/wal_file_pool.h"
#include "storage/wal/wal_writer.h"

namespace sluice::storage {

class AppendGuard;

// A head with its log.
struct Generation {
    std::shared_ptr<Head> head;
    std::unique_ptr<WalWriter> log;  // none for what recovery replayed
    // Files the generation was replayed from.
    std::vector<std::unique_ptr<WalFile>> replayed_files;
    // append() calls that will add rows or have not yet heard that they did.
    std::uint32_t appends = 0;
    AppendGuard* running = nullptr;  // those of them that bring rows: a list
    std::int64_t first_row_ns = 0;   // monotonic; 0: no rows yet
    std::uint64_t rows = 0;          // that came since, also those that a drop has taken out again
};

// An AppendGuard counts a running append() of a generation. The flush of the generation waits until
// none is left, because its log could still bring rows.
class AppendGuard {
public:
    // `batch` outlives it; null: it brings no rows.
    AppendGuard(Generation& generation, io::Event& changed, const model::PointBatch* batch)
        : generation_(generation), changed_(changed), batch_(batch) {
        ++generation_.appends;
        next_ = generation_.running;
        if (next_ != nullptr) next_->previous_ = this;
        generation_.running = this;
    }
    AppendGuard(const AppendGuard&) = delete;
    AppendGuard& operator=(const AppendGuard&) = delete;
    ~AppendGuard() {
        SLUICE_CHECK(generation_.appends != 0);
        (previous_ == nullptr ? generation_.running : previous_->next_) = next_;
        if (next_ != nullptr) next_->previous_ = previous_;
        if (--generation_.appends == 0 && !io::abandoning()) changed_.notify_all();
    }

    bool brings(model::ShardGroupId group) const;
    const AppendGuard* next() const { return next_; }

private:
    Generation& generation_;
    io::Event& changed_;
    const model::PointBatch* batch_;
    AppendGuard* previous_ = nullptr;
    AppendGuard* next_ = nullptr;
};

// begin() is called once, before anything else; close() completes before destruction.
class HeadSet {
public:
    // All arguments outlive it.
    HeadSet(StoreLife& life, WalContext& wal, const GroupLedger& groups,
            const DeleteLedger& deletes)
        : life_(life), wal_(wal), groups_(groups), deletes_(deletes) {}

    // Begins with an empty head. Ids of heads are made of the incarnation, which no other life of
    // the store has. `replayed` may be null.
    void begin(std::uint32_t incarnation, std::shared_ptr<Generation> replayed);
    // Closes all logs; their files stay for the next start. No append() is running.
    io::Task<void> close();

    const std::shared_ptr<Generation>& active() const { return active_; }
    // Oldest first.
    const std::deque<std::shared_ptr<Generation>>& frozen() const { return frozen_; }
    // Calls `see` with every generation, oldest first.
    template <typename See>
    void for_each(See see) const {
        for (const std::shared_ptr<Generation>& each : frozen_) see(*each);
        see(*active_);
    }

    // Returns whether the active head may be frozen: none before it waits for its flush. What
    // recovery replayed does not count.
    bool may_rotate() const;
    void rotate();
    // Freezes the active head if it is full or old.
    void rotate_if_due();
    // Returns whether an append to the generation waits for a flush, because both heads are full.
    bool must_wait(const Generation& generation) const {
        return &generation == active_.get() && is_full(generation) && !may_rotate();
    }
    // Ends the oldest frozen generation, which is `flushed`.
    void end_oldest(const std::shared_ptr<Generation>& flushed);

    bool has_appends() const;
    // Returns whether a head holds memtables of the group.
    bool has_group(model::ShardGroupId group) const;
    // Returns whether a head holds rows of the group, or will when running appends are done.
    bool may_have_rows(model::ShardGroupId group) const;
    void drop_group(model::ShardGroupId group);
    // Forgets rows of dropped measurements of the active head at once, because their fields may
    // come back with other types.
    void drop_deleted_tables();
    // Takes the tables out of a batch that deletes cover since its sequence was taken.
    void drop_deleted_tables(const Generation& generation, model::PointBatch& batch,
                             std::uint64_t sequence) const;
    // Adds the tombstones that cover rows of a head, or rows that its log may still bring back.
    void add_unsettled(std::set<std::uint64_t>& open) const;

    // The flusher waits here. It is notified when a head has been frozen.
    io::Event flush_wanted;

private:
    std::shared_ptr<Generation> make_generation();
    Result<void> take_rows(Generation& generation, const model::PointBatch& batch,
                           std::uint64_t sequence);
    bool is_full(const Generation& generation) const;

    StoreLife& life_;
    WalContext& wal_;
    const GroupLedger& groups_;
    const DeleteLedger& deletes_;
    std::uint32_t incarnation_ = 0;
    std::uint32_t next_head_ = 0;
    std::shared_ptr<Generation> active_;
    std::deque<std::shared_ptr<Generation>> frozen_;
};

}  // namespace sluice::storage
