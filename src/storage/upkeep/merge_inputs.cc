#include "storage/upkeep/merge_inputs.h"

#include <map>
#include <set>
#include <string>

#include "storage/rows/row_merger.h"
#include "storage/segment/segment_source.h"

namespace sluice::storage {

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

std::optional<SegmentIds> lineage_of(const MergeInputs& inputs, bool cuts) {
    SegmentIds ids;
    bool needed = cuts;
    for (const auto& each : inputs) {
        ids.add(each->segment->record().id);
        const std::optional<SegmentIds>& before = each->reader->lineage();
        if (before) ids.add(*before);
        needed = needed || before || !each->segment->record().part.is_any();
    }
    return needed ? std::optional(std::move(ids)) : std::nullopt;
}

namespace {

std::set<std::string> measurement_names(const MergeInputs& inputs) {
    std::set<std::string> names;
    for (const auto& each : inputs) {
        for (const SegmentMeasurement& one : each->reader->measurements()) names.insert(one.name);
    }
    return names;
}

// The columns of `measurement` that an input has a value of.
io::Task<Result<std::vector<SegmentColumn>>> columns_in_use(const SegmentReader& reader,
                                                            const SegmentMeasurement& measurement) {
    SLUICE_CO_TRY(const auto index, co_await reader.load_index(measurement));
    std::vector<bool> used(index->columns().size());
    SegmentBlockChunks chunks;
    for (std::uint32_t block = 0; block < index->block_count(); ++block) {
        index->read_chunks(block, chunks);
        for (std::size_t c = 0; c < used.size(); ++c) {
            if (chunks.columns[c].range.size != 0) used[c] = true;
        }
    }
    std::vector<SegmentColumn> columns;
    for (std::size_t c = 0; c < used.size(); ++c) {
        if (used[c]) columns.push_back(index->columns()[c]);
    }
    co_return columns;
}

// The columns of all inputs, in order of their names. A type counts where a column has values:
// flushes once wrote columns whose values had all been deleted, and the field may have another type
// since. That costs a look at every block, so it is found out only where types differ.
io::Task<Result<std::vector<SegmentColumn>>> merge_columns(const MergeInputs& inputs,
                                                           Tombstones deletes,
                                                           std::string measurement,
                                                           bool in_use_only) {
    std::map<std::string, model::FieldType> types;
    for (const auto& each : inputs) {
        const SegmentMeasurement* found = each->reader->find_measurement(measurement);
        if (found == nullptr) continue;
        const DeleteFilter filter(deletes, each->segment->delete_scope(measurement));
        if (filter.covers_everything()) continue;  // its types do not bind any more
        std::vector<SegmentColumn> columns = found->columns;
        if (in_use_only) {
            SLUICE_CO_TRY(columns, co_await columns_in_use(*each->reader, *found));
        }
        for (const SegmentColumn& column : columns) {
            const auto [place, added] = types.try_emplace(column.name, column.type);
            if (added || place->second == column.type) continue;
            if (!in_use_only) {
                co_return co_await merge_columns(inputs, deletes, measurement, true);
            }
            co_return Error{ErrorKind::kCorrupt, each->segment->path() + ": field " + column.name +
                                                     " of " + measurement +
                                                     " is of another type elsewhere"};
        }
    }
    std::vector<SegmentColumn> columns;
    for (const auto& [name, type] : types) columns.push_back({name, type});
    co_return columns;
}

// One measurement after the other, so that memory is that of one: a source has one block decoded.
io::Task<Result<void>> merge_measurement(io::Reactor& reactor, const MergeInputs& inputs,
                                         Tombstones deletes, std::string name,
                                         const MergeOutputs& outputs) {
    SLUICE_CO_TRY(std::vector<SegmentColumn> columns,
                  co_await merge_columns(inputs, deletes, name, false));
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
    const bool keeps_apart = outputs.front()->with_sequences();
    RowMerger merger(reactor, std::move(sources), columns.size(),
                     [keeps_apart](std::string_view) { return keeps_apart; });
    std::vector<SegmentOutput*> parts;
    for (const auto& each : outputs) parts.push_back(each.get());
    SegmentOutput::Choose choose;
    if (parts.size() > 1) {
        choose = [count = static_cast<std::uint16_t>(parts.size())](std::string_view key) {
            return home_part(key, count);
        };
    }
    co_return co_await SegmentOutput::write_measurement(
        std::move(parts), std::move(choose), std::move(name), std::move(columns), merger);
}

}  // namespace

io::Task<Result<std::vector<SegmentMeta>>> merge_inputs(io::Reactor& reactor,
                                                        const MergeInputs& inputs,
                                                        Tombstones deletes,
                                                        const MergeOutputs& outputs) {
    for (const std::string& name : measurement_names(inputs)) {
        SLUICE_CO_TRY_VOID(co_await merge_measurement(reactor, inputs, deletes, name, outputs));
    }
    std::vector<SegmentMeta> metas;
    for (const auto& each : outputs) {
        SLUICE_CO_TRY(const SegmentMeta meta, co_await each->finish());
        metas.push_back(meta);
    }
    co_return metas;
}

}  // namespace sluice::storage
