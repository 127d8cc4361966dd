#include "storage/upkeep/segment_merger.h"

#include <algorithm>
#include <map>
#include <set>

#include "storage/rows/row_merger.h"
#include "storage/segment/segment_output.h"
#include "storage/segment/segment_source.h"

namespace sluice::storage {
namespace {

// One input, read front to back past the block cache.
struct MergeInput {
    MergeInput(SegmentPtr segment_, std::uint64_t size)
        : segment(std::move(segment_)), access(segment->file(), size) {}

    SegmentPtr segment;
    SequentialAccess access;
    std::unique_ptr<SegmentReader> reader;
};

using MergeInputs = std::vector<std::shared_ptr<MergeInput>>;

io::Task<Result<MergeInputs>> open_inputs(std::vector<SegmentPtr> segments) {
    MergeInputs inputs;
    for (const SegmentPtr& each : segments) {
        SLUICE_CO_TRY_VOID(co_await each->reader());  // opens the file
        auto input = std::make_shared<MergeInput>(each, each->record().meta.size_bytes);
        SLUICE_CO_TRY(input->reader, co_await SegmentReader::open(input->access, each->path()));
        inputs.push_back(std::move(input));
    }
    co_return inputs;
}

std::set<std::string> measurement_names(const MergeInputs& inputs) {
    std::set<std::string> names;
    for (const auto& each : inputs) {
        for (const SegmentMeasurement& one : each->reader->measurements()) names.insert(one.name);
    }
    return names;
}

// The columns of all inputs, in order of their names.
Result<std::vector<SegmentColumn>> merge_columns(const MergeInputs& inputs,
                                                 const Tombstones& deletes,
                                                 const std::string& measurement) {
    std::map<std::string, model::FieldType> types;
    for (const auto& each : inputs) {
        const SegmentMeasurement* found = each->reader->find_measurement(measurement);
        if (found == nullptr) continue;
        const DeleteFilter filter(deletes, each->segment->delete_scope(measurement));
        if (filter.covers_everything()) continue;  // its types do not bind any more
        for (const SegmentColumn& column : found->columns) {
            const auto [place, added] = types.try_emplace(column.name, column.type);
            if (!added && place->second != column.type) {
                return Error{ErrorKind::kCorrupt, each->segment->path() + ": field " + column.name +
                                                      " of " + measurement +
                                                      " is of another type elsewhere"};
            }
        }
    }
    std::vector<SegmentColumn> columns;
    for (const auto& [name, type] : types) columns.push_back({name, type});
    return columns;
}

io::Task<Result<void>> merge_measurement(io::Reactor& reactor, const MergeInputs& inputs,
                                         Tombstones deletes, std::string name,
                                         SegmentOutput& output) {
    SLUICE_CO_TRY(std::vector<SegmentColumn> columns, merge_columns(inputs, deletes, name));
    std::vector<std::unique_ptr<RowSource>> sources;
    for (const auto& each : inputs) {
        SegmentSource::Options options;
        options.measurement = name;
        for (const SegmentColumn& column : columns) options.columns.push_back(column.name);
        options.with_sequences = each->segment->record().has_sequences;
        options.deletes = DeleteFilter(deletes, each->segment->delete_scope(name));
        SLUICE_CO_TRY(auto source,
                      co_await SegmentSource::open(each, each->reader.get(),
                                                   each->segment->record().meta.sequence_max,
                                                   std::move(options)));
        if (source != nullptr) sources.push_back(std::move(source));
    }
    if (sources.empty()) co_return Result<void>();
    // Until the sequences go, other stores may hold rows of the same points.
    RowMerger merger(reactor, std::move(sources), columns.size(),
                     [&output](std::string_view) { return output.with_sequences(); });
    co_return co_await output.write_measurement(std::move(name), std::move(columns), merger);
}

io::Task<Result<SegmentMeta>> merge_inputs(io::Reactor& reactor, const MergeInputs& inputs,
                                           Tombstones deletes, SegmentOutput& output) {
    for (const std::string& name : measurement_names(inputs)) {
        SLUICE_CO_TRY_VOID(co_await merge_measurement(reactor, inputs, deletes, name, output));
    }
    co_return co_await output.finish();
}

}  // namespace

io::Task<Result<void>> SegmentMerger::run(SegmentMerge merge) {
    SLUICE_CHECK(!merge.inputs.empty());
    auto made = co_await write(merge);
    if (!made.ok()) {
        life_.metrics.compaction_failures.add();
        if (made.error().kind == ErrorKind::kCorrupt) {
            // Left alone from now on; queries that meet the damage will say so.
            for (const SegmentPtr& each : merge.inputs) co_await check_input(each, made.error());
            co_return std::move(made).error();
        }
        trouble_.note_compaction_failed(made.error());
        co_return std::move(made).error();
    }
    trouble_.end_compaction_trouble();
    std::vector<ManifestEdit> edits;
    for (const SegmentPtr& each : merge.inputs) {
        edits.push_back(edit::RemoveSegment{each->record().id});
    }
    if (*made) append_segment_edits(**made, edits);
    segments_.take_abandoned(edits);
    SLUICE_CO_TRY_VOID(co_await manifest_.append(std::move(edits)));

    // The output takes the inputs' place in this turn.
    for (const SegmentPtr& each : merge.inputs) {
        segments_.remove(each);
        each->set_obsolete();
        life_.metrics.compaction_bytes_in.add(each->record().meta.size_bytes);
    }
    life_.metrics.compactions.add();
    if (*made && groups_.is_dropped(merge.group)) {
        std::vector<SegmentRecord> unwanted;
        unwanted.push_back(**made);
        co_await segments_.discard(std::move(unwanted));
        co_return Result<void>();
    }
    if (*made) {
        segments_.add(**made);
        life_.metrics.compaction_bytes_out.add((*made)->meta.size_bytes);
    }
    life_.changed.notify_all();
    if (!*made) co_return Result<void>();
    for (const SegmentPtr& each : merge.inputs) {
        segments_.cache().forget_segment(each->record().id);
        if (life_.reactor.needs_yield()) co_await life_.reactor.yield();
    }
    co_await warmer_.warm(**made);
    co_return Result<void>();
}

// Writes the merged segment, which the manifest does not know yet. There is no record if every row
// was deleted.
io::Task<Result<std::optional<SegmentRecord>>> SegmentMerger::write(const SegmentMerge& merge) {
    // Whatever is deleted from here on has a sequence above those of the inputs.
    const Tombstones deletes = deletes_.tombstones();
    SegmentRecord record;
    record.deletes_applied = last_delete(deletes);
    record.id = manifest_.take_segment_id();
    record.has_sequences = !merge.drop_sequences;
    std::uint64_t sequence_min = ~std::uint64_t{0};
    std::uint64_t sequence_max = 0;
    for (const SegmentPtr& each : merge.inputs) {
        SLUICE_CHECK(each->record().meta.group == merge.group);
        const std::uint32_t step = merge.inputs.size() == 1 ? 0 : 1;
        record.level = std::max(record.level, each->record().level + step);
        sequence_min = std::min(sequence_min, each->record().meta.sequence_min);
        sequence_max = std::max(sequence_max, each->record().meta.sequence_max);
    }
    SLUICE_CO_TRY(const MergeInputs inputs, co_await open_inputs(merge.inputs));
    SegmentWriterOptions options;
    options.group = merge.group;
    options.with_sequences = record.has_sequences;
    options.sequence_min = sequence_min;
    options.sequence_max = sequence_max;
    SLUICE_CO_TRY(
        const auto output,
        co_await SegmentOutput::create(life_.reactor, life_.options.directory, record.id, options));
    auto meta = co_await merge_inputs(life_.reactor, inputs, deletes, *output);
    if (!meta.ok() || meta->rows == 0) {
        segments_.abandon(record.id);
        co_await output->abandon();
    }
    if (!meta.ok()) co_return std::move(meta).error();
    if (meta->rows == 0) co_return std::optional<SegmentRecord>();
    record.meta = *meta;
    record.meta.sequence_min = sequence_min;
    record.meta.sequence_max = sequence_max;
    co_return std::optional<SegmentRecord>(record);
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
