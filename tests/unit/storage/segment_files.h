// Segments on the simulated disk, written down row by row.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rows/row_lists.h"
#include "sluice/io/reactor.h"
#include "storage/segment/segment_output.h"
#include "storage/segment/segment_record.h"

namespace sluice::storage::test {

// Measurements in ascending order of their names, each with series in order.
using ListTables = std::vector<std::pair<std::string, std::vector<ListRun>>>;

inline io::Task<Result<SegmentMeta>> write_tables(io::Reactor& reactor, SegmentOutput& output,
                                                  ListTables tables, model::FieldType others) {
    for (auto& [name, runs] : tables) {
        std::vector<SegmentColumn> columns;
        for (std::size_t c = 0; c < runs.front().rows.front().fields.size(); ++c) {
            columns.push_back({c == 0 ? "v" : "v" + std::to_string(c + 1),
                               c == 0 ? model::FieldType::kInteger : others});
        }
        std::vector<std::unique_ptr<RowSource>> sources;
        const std::size_t count = columns.size();
        sources.push_back(std::make_unique<ListSource>(std::move(runs)));
        RowMerger merger(reactor, std::move(sources), count);
        SLUICE_CO_TRY_VOID(
            co_await output.write_measurement(std::move(name), std::move(columns), merger));
    }
    co_return co_await output.finish();
}

// Writes shards/<group>/<id>.seg of a store; the columns are v, v2, ... The record is what a
// manifest would say. `others` is the type of all columns but v; with another one than that of the
// values they must not have any.
inline io::Task<Result<SegmentRecord>> write_segment(
    io::Reactor& reactor, std::string store, std::uint64_t id, model::ShardGroupId group,
    ListTables tables, model::FieldType others = model::FieldType::kInteger) {
    SegmentWriterOptions options;
    options.group = group;
    options.with_sequences = true;
    SLUICE_CO_TRY(const auto output,
                  co_await SegmentOutput::create(reactor, std::move(store), id, options));
    auto meta = co_await write_tables(reactor, *output, std::move(tables), others);
    if (!meta.ok()) {
        co_await output->abandon();
        co_return std::move(meta).error();
    }
    SegmentRecord record;
    record.id = id;
    record.has_sequences = true;
    record.meta = *meta;
    co_return record;
}

// `count` rows of one series, all of one sequence, at times 0, 1, ...
inline ListTables some_rows(std::size_t count, std::uint64_t sequence,
                            const std::string& key = "m,h=a") {
    ListRun run;
    run.key = key;
    for (std::size_t i = 0; i < count; ++i) {
        run.rows.push_back({static_cast<model::Timestamp>(i), sequence, {i}});
    }
    return {{"m", {std::move(run)}}};
}

}  // namespace sluice::storage::test
