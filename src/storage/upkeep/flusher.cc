#include "storage/upkeep/flusher.h"

#include <algorithm>

#include "sluice/base/log.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"
#include "storage/memtable/memtable_source.h"
#include "storage/rows/row_merger.h"
#include "storage/segment/segment_output.h"

namespace sluice::storage {
namespace {

constexpr std::int64_t kRetryNs = 200 * kMillisecondNs;

// Returns the tables by group, measurements in the order of their names. The tables are held, so
// that a drop meanwhile does no harm.
std::map<model::ShardGroupId, GroupTables> tables_by_group(const Head& head) {
    std::map<model::ShardGroupId, GroupTables> groups;
    for (const auto& [key, table] : head.memtables()) {
        if (table->rows() == 0) continue;
        groups[key.group].emplace_back(head.series_index().measurement_name(key.measurement),
                                       table);
    }
    for (auto& [group, tables] : groups) {
        std::sort(tables.begin(), tables.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    return groups;
}

// Rows of equal time stay apart in a flushed segment, because other stores may hold rows of the
// same points.
bool always(std::string_view) {
    return true;
}

// A column whose rows are all deleted is left out: its field may have another type by now, and the
// types of a group's segments must agree.
bool has_values(const MemtableColumn& column, const PodVector<std::uint32_t>& places) {
    return std::any_of(places.begin(), places.end(),
                       [&column](std::uint32_t place) { return column.has_value(place); });
}

io::Task<Result<void>> write_table(io::Reactor& reactor, SegmentOutput& output,
                                   std::shared_ptr<const Head> head, std::string name,
                                   std::shared_ptr<const Memtable> table, const SeriesOrder& order,
                                   Tombstones deletes) {
    const DeleteFilter filter(std::move(deletes), delete_scope(*head, *table));
    OrderedRows rows = co_await order_rows(reactor, head, table, table->rows(), order, {}, filter);
    std::vector<SegmentColumn> columns;
    std::vector<std::uint32_t> indexes;
    for (std::uint32_t c = 0; c < table->columns().size(); ++c) {
        if (!filter.empty() && !has_values(table->columns()[c], rows.places)) continue;
        columns.push_back({table->columns()[c].name, table->columns()[c].type});
        indexes.push_back(c);
    }
    std::vector<std::unique_ptr<RowSource>> sources;
    sources.push_back(
        std::make_unique<MemtableSource>(head, table, std::move(rows), indexes, true));
    RowMerger merger(reactor, std::move(sources), columns.size(), always);
    co_return co_await output.write_measurement(std::move(name), std::move(columns), merger);
}

io::Task<Result<SegmentMeta>> write_group(io::Reactor& reactor, SegmentOutput& output,
                                          std::shared_ptr<const Head> head, GroupTables tables,
                                          const SeriesOrder& order, Tombstones deletes) {
    for (auto& [name, table] : tables) {
        SLUICE_CO_TRY_VOID(
            co_await write_table(reactor, output, head, name, table, order, deletes));
        table.reset();
    }
    co_return co_await output.finish();
}

}  // namespace

// Heads are flushed strictly one after the other, oldest first: `flushed` in the manifest is one
// number, and stands for all heads up to it.
io::Task<void> Flusher::run() {
    co_await life_.reactor.switch_to(io::Share::kBackground);
    while (!life_.stopping) {
        if (heads_.frozen().empty()) {
            co_await heads_.flush_wanted.wait();
            continue;
        }
        const std::shared_ptr<Generation> generation = heads_.frozen().front();
        if (generation->appends != 0 || deletes_.merges_held()) {
            co_await life_.changed.wait();
            continue;
        }
        flushing_ = true;
        Result<void> flushed = co_await flush(generation);
        flushing_ = false;
        if (flushed.ok()) {
            trouble_.end_flush_trouble();
            continue;
        }
        life_.metrics.flush_failures.add();
        trouble_.note_flush_failed(std::move(flushed).error());
        if (!life_.stopping)
            co_await heads_.flush_wanted.wait_until(life_.reactor.monotonic_ns() + kRetryNs);
    }
}

// `generation` is the oldest frozen one and no append of it is running.
io::Task<Result<void>> Flusher::flush(std::shared_ptr<Generation> generation) {
    SLUICE_CHECK(generation->appends == 0 && heads_.frozen().front() == generation);
    SLUICE_CHECK(generation->head->id() > manifest_.state().flushed_head);
    std::vector<SegmentRecord> made;
    {
        const SeriesOrder order = co_await SeriesOrder::sort(life_.reactor, generation->head);
        for (auto& [group, tables] : tables_by_group(*generation->head)) {
            auto record = co_await flush_group(generation->head, group, std::move(tables), order);
            if (!record.ok()) {
                co_await segments_.discard(std::move(made));
                co_return std::move(record).error();
            }
            if (*record) made.push_back(**record);
            if (life_.stopping) {
                co_await segments_.discard(std::move(made));
                co_return Error{ErrorKind::kCancelled, "the store is stopping"};
            }
        }
    }
    std::vector<ManifestEdit> edits;
    for (const SegmentRecord& each : made) append_segment_edits(each, edits);
    groups_.describe(made, edits);
    segments_.take_abandoned(edits);
    // The head has lost its rows of groups whose drop is on its way. The record that ends the
    // head's log must end the groups, too: a crash before the drop's own record would leave them
    // halved.
    for (const model::ShardGroupId each : groups_.drops_under_way())
        edits.push_back(edit::DropGroup{each});
    edits.push_back(edit::Flushed{generation->head->id()});
    SLUICE_CO_TRY_VOID(co_await manifest_.append(std::move(edits)));

    // The segments take the head's place in this turn.
    std::vector<SegmentRecord> unwanted;
    for (const SegmentRecord& each : made) {
        if (groups_.is_dropped(each.meta.group)) {
            unwanted.push_back(each);
            continue;
        }
        segments_.add(each);
        segments_.note_written(each.meta.group);
        life_.metrics.flush_bytes.add(each.meta.size_bytes);
    }
    heads_.end_oldest(generation);
    life_.metrics.flushes.add();
    segments_.merge_wanted.notify_all();

    std::vector<std::unique_ptr<WalFile>> files = std::move(generation->replayed_files);
    generation->replayed_files.clear();
    if (generation->log) {
        for (auto& each : generation->log->take_files()) files.push_back(std::move(each));
    }
    co_await files_.give_back(std::move(files));
    co_await segments_.discard(std::move(unwanted));
    if (life_.options.background) heads_.rotate_if_due();
    for (const SegmentRecord& each : made) co_await warmer_.warm(each);
    co_return Result<void>();
}

// Writes the segment of one group. There is no record when all rows turned out to be dropped.
io::Task<Result<std::optional<SegmentRecord>>> Flusher::flush_group(
    std::shared_ptr<const Head> head, model::ShardGroupId group, GroupTables tables,
    const SeriesOrder& order) {
    SLUICE_CHECK(!tables.empty());
    if (groups_.is_dropped(group)) co_return std::optional<SegmentRecord>();
    SegmentRecord record;
    record.id = manifest_.take_segment_id();
    record.has_sequences = true;
    // Whatever is deleted from here on has a sequence above those of this head.
    const Tombstones deletes = deletes_.tombstones();
    record.deletes_applied = last_delete(deletes);
    SegmentWriterOptions options;
    options.group = group;
    options.with_sequences = true;
    SLUICE_CO_TRY(
        const auto output,
        co_await SegmentOutput::create(life_.reactor, life_.options.directory, record.id, options));
    auto meta = co_await write_group(life_.reactor, *output, std::move(head), std::move(tables),
                                     order, deletes);
    if (!meta.ok() || meta->rows == 0) {
        segments_.abandon(record.id);
        co_await output->abandon();
    }
    if (!meta.ok()) co_return std::move(meta).error();
    if (meta->rows == 0) co_return std::optional<SegmentRecord>();
    record.meta = *meta;
    co_return std::optional<SegmentRecord>(record);
}

// The last head that is frozen by now is waited for, not the queue to become empty: writers may
// keep filling it. run() does the work; a trouble ends the wait, although it is tried again.
io::Task<Result<void>> Flusher::flush_all() {
    if (heads_.active()->first_row_ns != 0 || heads_.active()->appends != 0) {
        while (!heads_.may_rotate() && !life_.stopping && !trouble_.flush())
            co_await life_.changed.wait();
        if (heads_.may_rotate()) heads_.rotate();
    }
    const std::shared_ptr<Generation> last =
        heads_.frozen().empty() ? nullptr : heads_.frozen().back();
    heads_.flush_wanted.notify_all();
    while (last != nullptr && std::find(heads_.frozen().begin(), heads_.frozen().end(), last) !=
                                  heads_.frozen().end()) {
        if (life_.stopping) co_return Error{ErrorKind::kCancelled, "the store is stopping"};
        if (trouble_.flush()) co_return *trouble_.flush();
        co_await life_.changed.wait();
    }
    co_return Result<void>();
}

}  // namespace sluice::storage
