#include "storage/segment/segment_output.h"

#include "sluice/base/log.h"
#include "sluice/io/activity.h"
#include "sluice/io/reactor.h"
#include "storage/files/file_names.h"

namespace sluice::storage {

io::Task<Result<std::unique_ptr<SegmentOutput>>> SegmentOutput::create(
    io::Reactor& reactor, std::string store, std::uint64_t id, SegmentWriterOptions options) {
    const model::ShardGroupId group = options.group;
    std::unique_ptr<SegmentOutput> output(new SegmentOutput(reactor, std::move(options)));
    output->directory_ = group_directory(store, group);
    output->path_ = segment_path(store, group, id);
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor, output->directory_));
    // Also when the directory is there: an earlier attempt may have failed between the two.
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor, shards_directory(store)));
    SLUICE_CO_TRY(output->file_,
                  co_await io::File::open(reactor, output->path_, io::OpenMode::kCreate));
    co_return output;
}

void SegmentOutput::append(const RowSlice& slice) {
    const io::Activity activity("encode rows of a segment");
    SegmentRows rows;
    rows.times = slice.times;
    rows.columns = slice.columns;
    if (options_.with_sequences) {
        rows.sequences = slice.sequences;
        if (slice.sequences.empty()) {
            sequences_.clear();
            sequences_.append_copies(slice.rows(), slice.sequence);
            rows.sequences = view_of(sequences_);
        }
    }
    writer_.append(rows, 0, static_cast<std::uint32_t>(slice.rows()));
}

// Deletes may leave nothing of a measurement, and homes nothing for a segment: it begins with its
// first series.
void SegmentOutput::begin_series(const std::string& measurement,
                                 const std::vector<SegmentColumn>& columns, std::string_view key,
                                 std::uint64_t rows) {
    if (!in_measurement_) writer_.begin_measurement(measurement, columns);
    in_measurement_ = true;
    writer_.begin_series(key, rows);
}

void SegmentOutput::end_measurement() {
    if (in_measurement_) writer_.end_measurement();
    in_measurement_ = false;
}

io::Task<Result<void>> SegmentOutput::write_measurement(std::string name,
                                                        std::vector<SegmentColumn> columns,
                                                        RowMerger& merger) {
    return write_measurement({this}, {}, std::move(name), std::move(columns), merger);
}

io::Task<Result<void>> SegmentOutput::write_measurement(std::vector<SegmentOutput*> outputs,
                                                        Choose choose, std::string name,
                                                        std::vector<SegmentColumn> columns,
                                                        RowMerger& merger) {
    std::string key;
    SegmentOutput* output = outputs.front();
    for (;;) {
        SLUICE_CO_TRY(const bool more, co_await merger.next());
        if (!more) break;
        if (merger.key() != key) {
            // Readers search series by their keys. An input may be wrong however right its
            // checksums are, and must not end the process.
            if (!key.empty() && merger.key() < key) {
                co_return Error{ErrorKind::kCorrupt, "series of " + name + " are out of order"};
            }
            key = merger.key();
            if (choose) output = outputs[choose(key)];
            output->begin_series(name, columns, key, merger.rows_ahead());
        }
        output->append(merger.rows());
        SLUICE_CO_TRY_VOID(co_await output->write_pieces());
    }
    for (SegmentOutput* each : outputs) each->end_measurement();
    co_return Result<void>();
}

io::Task<Result<void>> SegmentOutput::write_pieces() {
    while (auto piece = writer_.take_piece()) {
        SLUICE_CO_TRY_VOID(co_await file_.write_at(piece->bytes(), piece->offset));
    }
    co_return Result<void>();
}

io::Task<Result<SegmentMeta>> SegmentOutput::finish() {
    const SegmentMeta meta = writer_.finish();
    SLUICE_CHECK(meta.rows == 0 || meta.time_min <= meta.time_max);
    SLUICE_CO_TRY_VOID(co_await write_pieces());
    SLUICE_CO_TRY_VOID(co_await file_.sync());
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor_, directory_));
    co_await file_.close();
    co_return meta;
}

io::Task<void> SegmentOutput::abandon() {
    if (file_.is_open()) co_await file_.close();
    auto removed = co_await io::remove_file(reactor_, path_);
    if (!removed.ok()) {
        log_warn("an unfinished segment stays until the next start",
                 {{"error", removed.error().message}});
    }
}

}  // namespace sluice::storage
