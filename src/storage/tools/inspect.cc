#include "sluice/storage/inspect.h"

#include <bit>
#include <cinttypes>
#include <cstdio>

#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "storage/manifest/manifest_format.h"
#include "storage/segment/segment.h"
#include "storage/tools/segment_dump.h"
#include "storage/wal/wal_decoder.h"
#include "storage/wal/wal_reader.h"

namespace sluice::storage {
namespace {

std::string number(std::uint64_t value) {
    return std::to_string(value);
}
std::string hex(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "%016" PRIx64, value);
    return text;
}

std::string value_text(const model::BatchColumn& column, std::uint32_t row) {
    char text[40];
    switch (column.type) {
        case model::FieldType::kFloat:
            std::snprintf(text, sizeof text, "%.17g", std::bit_cast<double>(column.words[row]));
            return text;
        case model::FieldType::kInteger:
            return std::to_string(static_cast<std::int64_t>(column.words[row])) + "i";
        case model::FieldType::kUnsigned:
            return std::to_string(column.words[row]) + "u";
        case model::FieldType::kString:
            return '"' + std::string(column.texts[row]) + '"';
        default:
            return column.flags[row] != 0 ? "true" : "false";
    }
}

class DumpVisitor final : public WalVisitor {
public:
    DumpVisitor(bool rows, const LineSink& sink) : rows_(rows), sink_(sink) {}

    Result<void> on_series(std::uint32_t series, std::string_view key) override {
        sink_("  series " + number(series) + " " + std::string(key));
        return {};
    }
    Result<void> on_table(std::uint32_t memtable, model::ShardGroupId group,
                          std::string_view measurement) override {
        sink_("  table " + number(memtable) + " shard group " + number(group) + " measurement " +
              std::string(measurement));
        return {};
    }
    Result<void> on_column(std::uint32_t memtable, std::uint32_t column, model::FieldType type,
                           std::string_view name) override {
        sink_("  column " + number(column) + " of table " + number(memtable) + " " +
              std::string(model::field_type_name(type)) + " " + std::string(name));
        return {};
    }
    Result<void> on_rows(WalRows& rows) override {
        sink_("  rows " + number(rows.table.rows()) + " of table " + number(rows.memtable) +
              " sequence " + number(rows.sequence) + " columns " + number(rows.table.column_count));
        for (std::uint32_t row = 0; rows_ && row < rows.table.rows(); ++row) {
            std::string line = "    series " + number(rows.table.series[row]) + " time " +
                               std::to_string(rows.table.times[row]);
            for (std::uint32_t c = 0; c < rows.table.column_count; ++c) {
                const model::BatchColumn& column = rows.table.columns[c];
                if (!column.is_valid(row)) continue;
                line += " " + number(rows.columns[c]) + "=" + value_text(column, row);
            }
            sink_(line);
        }
        return {};
    }

private:
    bool rows_;
    const LineSink& sink_;
};

io::Task<Result<void>> dump_frames(io::File& file, bool rows, const LineSink& sink) {
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    WalReader reader(file, size);
    WalFrameHeader first;
    SLUICE_CO_TRY(const WalHeaderState state, co_await reader.read_first(first));
    if (state == WalHeaderState::kEmpty) {
        sink("no frame: the file is spare");
        co_return Result<void>();
    }
    if (state == WalHeaderState::kUnsupported) sink("a frame of a newer version");
    if (state == WalHeaderState::kUnsupported) co_return Result<void>();
    if (state == WalHeaderState::kDamaged) {
        SLUICE_CO_TRY(const auto found, co_await reader.find_first(0));
        sink(found ? "the first frame is damaged" : "nothing that could be a frame");
        if (!found) co_return Result<void>();
        first = *found;
        --first.frame_number;
    }
    sink("store " + hex(first.store_id) + " head " + hex(first.head_id) + " log " +
         number(first.log_number));
    WalChain chain{first.store_id, first.head_id, first.frame_number, first.previous_hash};
    WalDecoder decoder;
    DumpVisitor visitor(rows, sink);
    for (;;) {
        WalFrameView view;
        SLUICE_CO_TRY(const WalStep step, co_await reader.next(first.log_number, chain, view));
        if (step == WalStep::kTorn) sink("a frame begins here that did not arrive whole");
        if (step == WalStep::kUnsupported) sink("a frame of a newer version");
        if (step == WalStep::kUnsupported) break;
        if (step != WalStep::kFrame) {
            SLUICE_CO_TRY(const WalReader::Behind behind,
                          co_await reader.look_behind(first.log_number, chain));
            if (!behind.next) break;
            sink("frames " + number(chain.next_frame) + " to " +
                 number(behind.next->frame_number - 1) + " are not whole");
            reader.skip_to(behind, chain);
            continue;
        }
        sink("frame " + number(view.header.frame_number) + " payload " +
             number(view.header.payload_bytes) + " hash " + hex(view.header.hash()));
        SLUICE_CO_TRY_VOID(decoder.decode(view.payload, visitor));
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> dump_log(io::Reactor& reactor, std::string path, bool rows, LineSink sink) {
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, path, io::OpenMode::kRead));
    Result<void> dumped = co_await dump_frames(file, rows, sink);
    co_await file.close();
    co_return dumped;
}

io::Task<Result<void>> dump_manifest(io::Reactor& reactor, std::string path, LineSink sink) {
    SLUICE_CO_TRY(const auto bytes, co_await io::read_whole_file(reactor, path));
    SLUICE_CO_TRY(const ManifestContent content, parse_manifest(bytes));
    const ManifestState& state = content.state;
    if (content.records_lost != 0) sink("records lost " + number(content.records_lost));
    sink("store " + hex(state.store_id) + " incarnation " + number(state.incarnation) +
         " records " + number(content.records) + (content.torn ? " torn" : ""));
    sink("flushed head " + hex(state.flushed_head) + " next segment " +
         number(state.next_segment_id));
    for (const model::ShardGroupId group : state.dropped_groups) {
        sink("dropped shard group " + number(group));
    }
    for (const auto& [log_number, log] : state.logs) {
        sink("log " + number(log_number) + " head " + hex(log.head_id) + " bytes " +
             number(log.file_bytes));
    }
    for (const auto& [group, facts] : state.groups) {
        sink("shard group " + number(group) + " database " + facts.database + " policy " +
             facts.policy + " time " + std::to_string(facts.range.begin) + ".." +
             std::to_string(facts.range.end) + " duration " +
             std::to_string(facts.policy_duration_ns));
    }
    for (const auto& [id, segment] : state.segments) {
        const SegmentMeta& meta = segment.meta;
        sink("segment " + number(id) + " shard group " + number(meta.group) + " level " +
             number(segment.level) + " rows " + number(meta.rows) + " values " +
             number(meta.values) + " series " + number(meta.series) + " bytes " +
             number(meta.size_bytes) + " time " + std::to_string(meta.time_min) + ".." +
             std::to_string(meta.time_max) + " sequence " + number(meta.sequence_min) + ".." +
             number(meta.sequence_max) + (segment.has_sequences ? "" : " merged") +
             (segment.deletes_applied == 0
                  ? ""
                  : " deletes applied " + number(segment.deletes_applied)));
    }
    co_return Result<void>();
}

io::Task<Result<void>> dump_segment_file(io::Reactor& reactor, std::string path, bool details,
                                         LineSink sink) {
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, path, io::OpenMode::kRead));
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    SequentialAccess access(file, size);
    auto reader = co_await SegmentReader::open(access, path);
    Result<void> dumped{};
    if (reader.ok()) {
        SegmentDumpOptions options;
        options.with_series = details;
        options.with_blocks = details;
        io::Task<Result<void>> dumping = dump_segment(**reader, options, sink);
        dumped = co_await dumping;
    } else {
        dumped = std::move(reader).error();
    }
    co_await file.close();
    co_return dumped;
}

}  // namespace sluice::storage
