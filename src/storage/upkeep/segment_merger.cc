#include "storage/upkeep/segment_merger.h"

#include <algorithm>
#include <bit>

#include "sluice/io/file.h"
#include "storage/files/file_names.h"
#include "storage/upkeep/merge_inputs.h"

namespace sluice::storage {
namespace {

// Each segment that is being written holds pieces of this size in memory.
std::uint32_t piece_bytes(std::size_t outputs) {
    constexpr std::uint32_t most = 512 * kKiB;
    constexpr std::uint32_t least = 64 * kKiB;
    return outputs >= most / least ? least : most / std::bit_floor(static_cast<unsigned>(outputs));
}

}  // namespace

io::Task<Result<void>> SegmentMerger::run(SegmentMerge merge) {
    SLUICE_CHECK(!merge.inputs.empty());
    SLUICE_CO_TRY(std::optional<GroupHome> home, co_await settle_home(merge));
    if (!home) co_return Result<void>();
    std::vector<Written> made;
    const Result<void> written = co_await write(merge, *home, made);
    if (!written.ok()) {
        // The node is stopping: what was begun is begun again after the start.
        if (written.error().kind == ErrorKind::kCancelled) co_return written;
        life_.metrics.compaction_failures.add();
        if (written.error().kind == ErrorKind::kCorrupt) {
            // Left alone from now on; queries that meet the damage will say so.
            for (const SegmentPtr& each : merge.inputs) co_await check_input(each, written.error());
        } else {
            trouble_.note_compaction_failed(written.error());
        }
        co_return written;
    }
    trouble_.end_compaction_trouble();
    const bool hands_over = std::any_of(made.begin(), made.end(), [this](const Written& each) {
        return each.store != life_.options.number;
    });
    if (hands_over) {
        SLUICE_CO_TRY_VOID(co_await hand_over(merge, made));
    } else {
        SLUICE_CO_TRY_VOID(co_await make_durable(merge, made));
        co_await take_place(merge, made, 0);
    }
    life_.changed.notify_all();
    for (const SegmentPtr& each : merge.inputs) {
        segments_.cache().forget_segment(each->record().id);
        if (life_.reactor.needs_yield()) co_await life_.reactor.yield();
    }
    for (const Written& each : made) {
        if (each.store == life_.options.number) co_await warmer_.warm(each.record);
    }
    co_return Result<void>();
}

// Finds out where the group has its home, if that matters for the merge, and what may be done:
// nothing is returned if the merge is not to be. An empty home: nothing is cut.
io::Task<Result<std::optional<GroupHome>>> SegmentMerger::settle_home(SegmentMerge& merge) {
    GroupHome home;
    const std::shared_ptr<Neighbours> neighbours = life_.options.neighbours;
    if (neighbours == nullptr) {
        merge.drop_sequences =
            merge.drop_sequences ||
            (merge.is_last && !heads_.may_have_rows(merge.group) &&
             life_.options.group_is_ours_alone && life_.options.group_is_ours_alone(merge.group));
        co_return home;
    }
    if (!merge.cuts && !merge.is_last) co_return home;
    std::vector<model::ShardGroupId> groups(1, merge.group);
    SLUICE_CO_TRY(std::vector<Neighbours::Choice> choices,
                  co_await neighbours->find_homes(std::move(groups)));
    const Neighbours::Choice& choice = choices.front();
    if (merge.cuts) {
        if (choice.home.empty()) {
            homes_.note_no_home_needed(merge.group);
            if (merge.inputs.size() < 2) co_return std::optional<GroupHome>();
        }
        co_return choice.home;
    }
    // What came while the others were asked may be older than what is here.
    const std::vector<SegmentPtr> all = segments_.of_group(merge.group, kNow);
    const bool is_all = all.size() == merge.inputs.size() &&
                        std::is_permutation(all.begin(), all.end(), merge.inputs.begin());
    const bool is_home =
        choice.home.empty() || std::all_of(all.begin(), all.end(), [this](const SegmentPtr& each) {
            return homes_.is_at_home(each->record());
        });
    if (!choice.others_are_sorted || !is_all || !is_home || heads_.may_have_rows(merge.group) ||
        segments_.has_arriving(merge.group)) {
        homes_.note_waiting(merge.group);
        co_return std::optional<GroupHome>();
    }
    merge.drop_sequences = true;
    co_return home;
}

// Writes the segments, which no manifest knows yet. There is none where every row was deleted.
io::Task<Result<void>> SegmentMerger::write(const SegmentMerge& merge, const GroupHome& home,
                                            std::vector<Written>& made) {
    // Whatever is deleted from here on has a sequence above those of the inputs.
    const Tombstones deletes = deletes_.tombstones();
    SegmentRecord record;
    record.deletes_applied = last_delete(deletes);
    record.has_sequences = !merge.drop_sequences;
    record.part = merge.inputs.front()->record().part;
    std::uint64_t sequence_min = ~std::uint64_t{0};
    std::uint64_t sequence_max = 0;
    for (const SegmentPtr& each : merge.inputs) {
        SLUICE_CHECK(each->record().meta.group == merge.group);
        const std::uint32_t step = merge.inputs.size() == 1 ? 0 : 1;
        record.level = std::max(record.level, each->record().level + step);
        if (each->record().part != record.part) record.part = {};
        sequence_min = std::min(sequence_min, each->record().meta.sequence_min);
        sequence_max = std::max(sequence_max, each->record().meta.sequence_max);
    }
    // What is at home is no longer fresh, also where it is few.
    if (!home.empty()) record.level = std::max(record.level, 1u);
    SLUICE_CO_TRY(const MergeInputs inputs, co_await open_inputs(merge.inputs));
    const std::optional<SegmentIds> lineage = lineage_of(inputs, !home.empty());
    MergeOutputs outputs;
    std::vector<Written> begun;
    Result<void> done;
    const std::size_t parts = std::max<std::size_t>(1, home.stores.size());
    for (std::size_t part = 0; part < parts && done.ok(); ++part) {
        Written& each = begun.emplace_back();
        each.store = home.empty() ? life_.options.number : home.stores[part];
        each.record = record;
        if (!home.empty()) {
            each.record.part = {static_cast<std::uint16_t>(part), home.parts()};
        }
        done = co_await find_place(each);
        if (!done.ok()) begun.pop_back();
        if (!done.ok()) break;
        SegmentWriterOptions options;
        options.group = merge.group;
        options.with_sequences = record.has_sequences;
        options.sequence_min = sequence_min;
        options.sequence_max = sequence_max;
        options.piece_bytes = piece_bytes(parts);
        options.lineage = lineage;
        // The numbers of the inputs mean nothing in another store.
        if (each.store != life_.options.number) options.lineage.emplace();
        auto output = co_await SegmentOutput::create(life_.reactor, each.place.directory,
                                                     each.place.id, std::move(options));
        if (output.ok()) {
            outputs.push_back(std::move(*output));
        } else {
            done = std::move(output).error();
        }
    }
    if (done.ok()) {
        auto metas = co_await merge_inputs(life_.reactor, inputs, deletes, outputs);
        for (std::size_t i = 0; metas.ok() && i < begun.size(); ++i) {
            begun[i].record.meta = (*metas)[i];
            begun[i].record.meta.sequence_min = sequence_min;
            begun[i].record.meta.sequence_max = sequence_max;
        }
        if (!metas.ok()) done = std::move(metas).error();
    }
    // A place was taken for each that was begun, and is given up unless a file with rows is at it.
    // An output exists for each of them but perhaps the last, where its file could not be made.
    SLUICE_CHECK(outputs.size() <= begun.size() && begun.size() <= outputs.size() + 1);
    for (std::size_t i = 0; i < begun.size(); ++i) {
        if (done.ok() && begun[i].record.meta.rows != 0) {
            made.push_back(begun[i]);
            continue;
        }
        if (i < outputs.size()) co_await outputs[i]->abandon();
        co_await give_up(begun[i]);
    }
    co_return done;
}

io::Task<Result<void>> SegmentMerger::find_place(Written& written) {
    if (written.store == life_.options.number) {
        written.place = {life_.options.directory, manifest_.take_segment_id()};
    } else {
        SLUICE_CO_TRY(written.place, co_await life_.options.neighbours->take_place(written.store));
    }
    written.record.id = written.place.id;
    co_return Result<void>();
}

io::Task<void> SegmentMerger::give_up(const Written& written) {
    if (written.store == life_.options.number) {
        segments_.abandon(written.place.id);
    } else {
        co_await life_.options.neighbours->give_up(written.store, written.place);
    }
}

// Makes the segments of this store, and the end of the inputs, durable.
io::Task<Result<void>> SegmentMerger::make_durable(const SegmentMerge& merge,
                                                   const std::vector<Written>& made) {
    std::vector<ManifestEdit> edits;
    for (const SegmentPtr& each : merge.inputs) {
        edits.push_back(edit::RemoveSegment{each->record().id});
    }
    for (const Written& each : made) {
        if (each.store == life_.options.number) append_segment_edits(each.record, edits);
    }
    segments_.take_abandoned(edits);
    co_return co_await manifest_.append(std::move(edits));
}

// The outputs take the inputs' place in this turn, for readers from `epoch` on.
io::Task<void> SegmentMerger::take_place(const SegmentMerge& merge,
                                         const std::vector<Written>& made, Epoch epoch) {
    const bool is_dropped = groups_.is_dropped(merge.group);
    std::vector<SegmentRecord> own;
    std::vector<SegmentRecord> unwanted;
    for (const Written& each : made) {
        if (each.store != life_.options.number) continue;
        (is_dropped ? unwanted : own).push_back(each.record);
        if (!is_dropped) life_.metrics.compaction_bytes_out.add(each.record.meta.size_bytes);
    }
    for (const SegmentPtr& each : merge.inputs) {
        life_.metrics.compaction_bytes_in.add(each->record().meta.size_bytes);
    }
    segments_.replace(merge.inputs, own, epoch);
    life_.metrics.compactions.add();
    co_await segments_.discard(std::move(unwanted));
}

// What the others keep is durable there before the inputs end here: a crash in between leaves rows
// twice, with one sequence each, which readers and merges make one again.
io::Task<Result<void>> SegmentMerger::hand_over(const SegmentMerge& merge,
                                                const std::vector<Written>& made) {
    const std::shared_ptr<Neighbours> neighbours = life_.options.neighbours;
    Result<void> done = co_await neighbours->begin_hand_over();
    const bool begun = done.ok();
    // A drop that was faster has not found the segments of the others.
    if (begun && groups_.is_dropped(merge.group)) {
        done = Error{ErrorKind::kCancelled, "the shard group was dropped"};
    }
    std::vector<std::uint32_t> stores;
    std::size_t offered = 0;
    for (; offered < made.size() && done.ok(); ++offered) {
        const Written& each = made[offered];
        if (each.store == life_.options.number) continue;
        done = co_await neighbours->accept(each.store, each.record);
        if (done.ok()) stores.push_back(each.store);
    }
    const bool all_accepted = done.ok();
    if (all_accepted) done = co_await make_durable(merge, made);
    Epoch epoch = 0;
    // Also if something failed: then the rows are in both places.
    if (!stores.empty()) epoch = co_await neighbours->reveal(stores);
    if (done.ok()) co_await take_place(merge, made, epoch);
    if (begun) co_await neighbours->end_hand_over(epoch);
    if (done.ok()) co_return done;
    if (done.error().kind != ErrorKind::kCancelled) {
        life_.metrics.compaction_failures.add();
        trouble_.note_compaction_failed(done.error());
    }
    // Each attempt may leave another copy with those that have accepted.
    homes_.note_waiting(merge.group);
    // A record that failed may be found durable by the next start: then its segment must be there.
    if (all_accepted) co_return done;
    std::vector<SegmentRecord> unused;
    for (std::size_t at = 0; at < made.size(); ++at) {
        const Written& each = made[at];
        if (each.store == life_.options.number) {
            unused.push_back(each.record);
        } else if (at >= offered) {
            (void)co_await io::remove_file(
                life_.reactor, segment_path(each.place.directory, merge.group, each.place.id));
            co_await give_up(each);
        }
    }
    co_await segments_.discard(std::move(unused));
    co_return done;
}

// Finds out whether this input has the damage that a merge met in one of its inputs.
io::Task<void> SegmentMerger::check_input(SegmentPtr segment, Error error) {
    auto reader = co_await segment->reader();
    if (reader.ok()) {
        const Result<void> verified = co_await (*reader)->verify();
        if (verified.ok()) co_return;
        error = verified.error();
    }
    quarantine_.report(segment, error, !reader.ok());
}

}  // namespace sluice::storage
