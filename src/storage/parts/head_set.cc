#include "storage/parts/head_set.h"

#include <algorithm>

#include "storage/memtable/fetch_ahead.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"

namespace sluice::storage {

// What was replayed is frozen from the beginning: it has no log of its own to add to, and the
// sooner it is in segments, the sooner its log files are free.
void HeadSet::begin(std::uint32_t incarnation, std::shared_ptr<Generation> replayed) {
    SLUICE_CHECK(active_ == nullptr && incarnation != 0);
    incarnation_ = incarnation;
    if (replayed) frozen_.push_back(std::move(replayed));
    active_ = make_generation();
}

std::shared_ptr<Generation> HeadSet::make_generation() {
    auto made = std::make_shared<Generation>();
    const std::uint64_t id = std::uint64_t{incarnation_} << 32 | ++next_head_;
    // Heads are flushed, and their logs replayed, in the order of their ids.
    SLUICE_CHECK(frozen_.empty() || frozen_.back()->head->id() < id);
    made->head = std::make_shared<Head>(id);
    // The log lies in the generation that its rows go to, so the pointer is good as long as it is
    // called. A shared_ptr would keep the generation for ever.
    Generation* generation = made.get();
    made->log = std::make_unique<WalWriter>(
        wal_, *made->head, [this, generation](const model::PointBatch& batch, std::uint64_t seq) {
            return take_rows(*generation, batch, seq);
        });
    return made;
}

// Is called when the batch is durable; scans see its rows from here on.
Result<void> HeadSet::take_rows(Generation& generation, const model::PointBatch& batch,
                                std::uint64_t sequence) {
    // A flush takes what the memtables hold once: no row may come behind it.
    SLUICE_CHECK(generation.appends != 0);
    if (generation.first_row_ns == 0) generation.first_row_ns = life_.reactor.monotonic_ns();
    generation.rows += batch.row_count();
    const FetchAhead fetch(*generation.head, batch);
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        fetch.at(i);
        const model::BatchTable& table = batch.table_at(i);
        // Rows of a group that was dropped while they were on their way are gone with it.
        if (table.rows() == 0 || groups_.is_dropped(table.shard.group)) continue;
        // A DROP MEASUREMENT since they took their sequence: their fields may have other types by
        // now. What deletes cover in part stays, as filters leave it out whenever it is read.
        if (sequence < deletes_.last_sequence() &&
            deletes_.covers_all(table.shard.group,
                                generation.head->series_index().measurement_name(table.measurement),
                                sequence)) {
            continue;
        }
        SLUICE_TRY_VOID(generation.head->memtable(table.shard.group, table.measurement)
                            .append(table, sequence));
    }
    return {};
}

bool HeadSet::is_full(const Generation& generation) const {
    const StoreOptions& options = life_.options;
    const std::uint64_t bytes = generation.head->memory_bytes();
    // One-line requests take a page of log each. Batches take about what their rows take in memory.
    if (generation.log->bytes_written() >= 2 * std::max(bytes, options.head_bytes_max)) return true;
    if (bytes < options.head_bytes_max) return false;
    // What a series costs when it is new is then shared by few rows, and again in the next head.
    const bool has_few_rows = generation.rows / options.head_rows_per_series <
                              generation.head->series_index().series_count();
    return bytes >= options.head_bytes_max + (has_few_rows ? options.head_growth_bytes : 0);
}

// One frozen head at a time, because each takes up to head_bytes_max, and the memory of a store is
// bounded by two of them. What was replayed has no log and comes on top, once.
bool HeadSet::may_rotate() const {
    return std::none_of(frozen_.begin(), frozen_.end(),
                        [](const auto& each) { return each->log != nullptr; });
}

// In one turn, so that nobody sees a store without an active head. Appends that have their batch in
// the old one's log hold it by shared_ptr and end there.
void HeadSet::rotate() {
    SLUICE_CHECK(may_rotate());
    frozen_.push_back(std::move(active_));
    active_ = make_generation();
    flush_wanted.notify_all();
    life_.changed.notify_all();
}

void HeadSet::rotate_if_due() {
    if (!may_rotate()) return;
    // A head without a row can be full too, of the series of bodies that were refused.
    const bool old =
        active_->first_row_ns != 0 &&
        life_.reactor.monotonic_ns() - active_->first_row_ns >= life_.options.head_age_max_ns;
    if (old || is_full(*active_)) rotate();
}

// The manifest has said `flushed` in this very turn: from here on readers find these rows in the
// segments, which are in the set already.
void HeadSet::end_oldest(const std::shared_ptr<Generation>& flushed) {
    SLUICE_CHECK(!frozen_.empty() && frozen_.front() == flushed && flushed->appends == 0);
    frozen_.pop_front();
    life_.changed.notify_all();
}

bool HeadSet::has_appends() const {
    return active_->appends != 0 ||
           std::any_of(frozen_.begin(), frozen_.end(),
                       [](const auto& each) { return each->appends != 0; });
}

bool HeadSet::has_group(model::ShardGroupId group) const {
    const auto has = [group](const Generation& generation) {
        const auto& tables = generation.head->memtables();
        const auto first = tables.lower_bound({group, 0});
        return first != tables.end() && first->first.group == group;
    };
    return has(*active_) || std::any_of(frozen_.begin(), frozen_.end(),
                                        [&](const auto& each) { return has(*each); });
}

bool AppendGuard::brings(model::ShardGroupId group) const {
    for (std::size_t i = 0; batch_ != nullptr && i < batch_->table_count(); ++i) {
        if (batch_->table_at(i).shard.group == group) return true;
    }
    return false;
}

bool HeadSet::may_have_rows(model::ShardGroupId group) const {
    bool found = has_group(group);
    for_each([&found, group](const Generation& generation) {
        for (const AppendGuard* each = generation.running; each != nullptr; each = each->next())
            found = found || each->brings(group);
    });
    return found;
}

void HeadSet::drop_group(model::ShardGroupId group) {
    for_each([group](Generation& each) { each.head->drop_group(group); });
}

// The columns of a table go with its rows: those that come later may have other types. A table that
// waits for its first rows has columns too, of a batch that may have been on its way to the log
// when the measurement was dropped; one that came later makes them anew.
void HeadSet::drop_deleted_tables() {
    Head& head = *active_->head;
    std::vector<Head::Key> deleted;
    for (const auto& [key, table] : head.memtables()) {
        if (deletes_.of_group(key.group) == nullptr) continue;
        const bool covered =
            table->sequence_runs().empty()
                ? deletes_.covers_all(key.group,
                                      head.series_index().measurement_name(key.measurement), 0)
                : DeleteFilter(deletes_.tombstones(), delete_scope(head, *table))
                      .covers_everything();
        if (covered) deleted.push_back(key);
    }
    for (const Head::Key& key : deleted) head.drop_table(key);
}

void HeadSet::drop_deleted_tables(const Generation& generation, model::PointBatch& batch,
                                  std::uint64_t sequence) const {
    const model::SeriesIndex& series = generation.head->series_index();
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        model::BatchTable& table = batch.table_at(i);
        const std::string_view name = series.measurement_name(table.measurement);
        if (table.rows() == 0 || !deletes_.covers_all(table.shard.group, name, sequence)) continue;
        table.drop_rows(std::vector<bool>(table.rows(), true));
    }
    batch.remove_empty_tables();
}

// A delete may be forgotten when nothing is left that it covers. Rows in memtables can be looked
// at; those in a log cannot, without reading it, and a crash would replay them: so a log with
// frames keeps every delete open that came while its head, or a later one, was active.
void HeadSet::add_unsettled(std::set<std::uint64_t>& open) const {
    for_each([this, &open](const Generation& each) {
        const bool may_bring_rows = each.appends != 0 || !each.replayed_files.empty() ||
                                    (each.log != nullptr && each.log->bytes_written() != 0);
        if (may_bring_rows) deletes_.add_covering_log(each.head->id(), open);
        for (const auto& [key, table] : each.head->memtables()) {
            if (table->rows() == 0 || deletes_.of_group(key.group) == nullptr) continue;
            deletes_.add_touching(delete_scope(*each.head, *table), true, open);
        }
    });
}

io::Task<void> HeadSet::close() {
    SLUICE_CHECK(!has_appends());
    std::vector<std::shared_ptr<Generation>> all(frozen_.begin(), frozen_.end());
    all.push_back(active_);
    for (const std::shared_ptr<Generation>& each : all) {
        if (each->log) co_await each->log->close();
        for (const auto& file : each->replayed_files) co_await file->file.close();
        each->replayed_files.clear();
    }
}

}  // namespace sluice::storage
