#include "sluice/storage/verify.h"

#include <algorithm>

#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "storage/files/file_names.h"
#include "storage/manifest/manifest.h"
#include "storage/segment/segment.h"
#include "storage/wal/wal_decoder.h"
#include "storage/wal/wal_reader.h"

namespace sluice::storage {
namespace {

// Decodes for the sake of checking only.
class NoVisitor final : public WalVisitor {
public:
    Result<void> on_series(std::uint32_t, std::string_view) override { return {}; }
    Result<void> on_table(std::uint32_t, model::ShardGroupId, std::string_view) override {
        return {};
    }
    Result<void> on_column(std::uint32_t, std::uint32_t, model::FieldType,
                           std::string_view) override {
        return {};
    }
    Result<void> on_rows(WalRows&) override { return {}; }
};

io::Task<Result<void>> check_segment(io::File& file, std::string path, SegmentRecord record) {
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    if (size != record.meta.size_bytes) {
        co_return Error{ErrorKind::kCorrupt, path + ": " + std::to_string(size) +
                                                 " bytes long, not " +
                                                 std::to_string(record.meta.size_bytes)};
    }
    SequentialAccess access(file, size);
    SLUICE_CO_TRY(const auto reader, co_await SegmentReader::open(access, path));
    if (reader->meta().group != record.meta.group || reader->meta().rows != record.meta.rows) {
        co_return Error{ErrorKind::kCorrupt, path + ": not the segment the manifest means"};
    }
    co_return co_await reader->verify();
}

io::Task<Result<void>> verify_segments(io::Reactor& reactor, std::string directory,
                                       const ManifestState& state, VerifyProgress progress,
                                       VerifyReport& report) {
    std::uint64_t total = 0;
    for (const auto& [id, record] : state.segments) total += record.meta.size_bytes;
    for (const auto& [id, record] : state.segments) {
        const std::string path = segment_path(directory, record.meta.group, id);
        if (progress) progress(path, report.segment_bytes, total);
        ++report.segments;
        report.segment_bytes += record.meta.size_bytes;
        auto file = co_await io::File::open(reactor, path, io::OpenMode::kRead);
        if (!file.ok()) {
            report.damage.push_back(file.error().message);
            continue;
        }
        const Result<void> checked = co_await check_segment(*file, path, record);
        co_await file->close();
        if (checked.ok()) continue;
        if (checked.error().kind != ErrorKind::kCorrupt) co_return checked.error();
        report.damage.push_back(checked.error().message);
    }
    co_return Result<void>();
}

io::Task<Result<void>> walk_log(io::File& file, const ManifestState& state, VerifyReport& report) {
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    WalReader reader(file, size);
    WalFrameHeader first;
    SLUICE_CO_TRY(const bool begun, co_await reader.read_first(first));
    if (!begun || first.store_id != state.store_id || first.head_id <= state.flushed_head) {
        co_return Result<void>();
    }
    ++report.log_files;
    WalChain chain{first.store_id, first.head_id, first.frame_number, first.previous_hash};
    WalDecoder decoder;
    NoVisitor visitor;
    WalFrameView view;
    WalStep step = WalStep::kEnd;
    for (;;) {
        SLUICE_CO_TRY(step, co_await reader.next(first.log_number, chain, view));
        if (step != WalStep::kFrame) break;
        ++report.log_frames;
        SLUICE_CO_TRY_VOID(decoder.decode(view.payload, visitor));
    }
    if (step == WalStep::kTorn) ++report.torn_tails;
    // Two writes may be in flight: what is whole behind the second lost one was acknowledged.
    SLUICE_CO_TRY(const std::uint64_t beyond,
                  co_await reader.count_beyond(first.log_number, chain, chain.next_frame + 2));
    if (beyond != 0) {
        co_return Error{ErrorKind::kCorrupt,
                        file.path() + ": damaged at frame " + std::to_string(chain.next_frame)};
    }
    co_return Result<void>();
}

io::Task<Result<void>> verify_logs(io::Reactor& reactor, std::string directory,
                                   const ManifestState& state, VerifyProgress progress,
                                   VerifyReport& report) {
    SLUICE_CO_TRY(const auto entries,
                  co_await io::list_directory(reactor, log_directory(directory)));
    for (const io::DirectoryEntry& each : entries) {
        const auto number = parse_log_name(each.name);
        if (!number) continue;
        const std::string path = log_path(directory, *number);
        if (progress) progress(path, report.segment_bytes, report.segment_bytes);
        SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, path, io::OpenMode::kRead));
        const Result<void> walked = co_await walk_log(file, state, report);
        co_await file.close();
        if (walked.ok()) continue;
        if (walked.error().kind != ErrorKind::kCorrupt) co_return walked.error();
        report.damage.push_back(walked.error().message);
    }
    co_return Result<void>();
}

io::Task<Result<void>> list_quarantined_in(io::Reactor& reactor, std::string directory,
                                           VerifyReport& report) {
    SLUICE_CO_TRY(const auto files, co_await io::list_directory(reactor, directory));
    for (const io::DirectoryEntry& file : files) {
        if (is_quarantine_name(file.name))
            report.quarantined.push_back(directory + "/" + file.name);
    }
    co_return Result<void>();
}

io::Task<Result<void>> list_quarantined(io::Reactor& reactor, std::string directory,
                                        VerifyReport& report) {
    SLUICE_CO_TRY_VOID(co_await list_quarantined_in(reactor, directory, report));
    SLUICE_CO_TRY_VOID(co_await list_quarantined_in(reactor, log_directory(directory), report));
    SLUICE_CO_TRY(const auto groups,
                  co_await io::list_directory(reactor, shards_directory(directory)));
    for (const io::DirectoryEntry& group : groups) {
        if (!group.is_directory) continue;
        SLUICE_CO_TRY_VOID(co_await list_quarantined_in(
            reactor, shards_directory(directory) + "/" + group.name, report));
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<VerifyReport>> verify_store(io::Reactor& reactor, std::string directory,
                                            VerifyProgress progress) {
    VerifyReport report;
    SLUICE_CO_TRY(const ManifestSearch search, co_await find_manifest(reactor, directory));
    if (!search.content) {
        report.damage.push_back(directory + ": no readable manifest");
        co_return report;
    }
    SLUICE_CO_TRY_VOID(
        co_await verify_segments(reactor, directory, search.content->state, progress, report));
    SLUICE_CO_TRY_VOID(
        co_await verify_logs(reactor, directory, search.content->state, progress, report));
    SLUICE_CO_TRY_VOID(co_await list_quarantined(reactor, directory, report));
    co_return report;
}

}  // namespace sluice::storage
