#include "sluice/storage/verify.h"

#include <algorithm>
#include <map>
#include <set>

#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "storage/files/device_failure.h"
#include "storage/files/file_names.h"
#include "storage/files/list_entries.h"
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
        if (checked.error().kind != ErrorKind::kCorrupt && !is_device_failure(checked.error())) {
            co_return checked.error();
        }
        report.damage.push_back(checked.error().message);
    }
    co_return Result<void>();
}

// What the log files of a store say together.
struct LogsSeen {
    std::set<std::uint64_t> numbers;
    // By head: the frame behind the last one that is there, of all its files.
    std::map<std::uint64_t, std::uint64_t> ends;
};

// What is wrong with a log file, or nothing.
io::Task<Result<void>> walk_log(io::File& file, const ManifestState& state, VerifyReport& report,
                                LogsSeen& seen) {
    SLUICE_CO_TRY(const std::uint64_t size, co_await file.size());
    WalReader reader(file, size);
    WalFrameHeader first;
    SLUICE_CO_TRY(const WalHeaderState begin, co_await reader.read_first(first));
    if (begin == WalHeaderState::kEmpty) co_return Result<void>();
    if (begin == WalHeaderState::kUnsupported) {
        co_return Error{ErrorKind::kCorrupt, file.path() + ": a newer version wrote it"};
    }
    std::uint64_t chain_begin = first.frame_number;
    if (begin == WalHeaderState::kDamaged) {
        SLUICE_CO_TRY(const auto found, co_await reader.find_first(state.store_id));
        if (!found) co_return Result<void>();
        first = *found;
        chain_begin = first.frame_number - 1;
    }
    if (first.store_id != state.store_id) co_return Result<void>();
    seen.numbers.insert(first.log_number);
    if (first.head_id <= state.flushed_head) co_return Result<void>();
    ++report.log_files;
    const auto known = state.logs.find(first.log_number);
    if (known != state.logs.end() && size < known->second.file_bytes) {
        report.damage.push_back(file.path() + ": cut to " + std::to_string(size) + " bytes of " +
                                std::to_string(known->second.file_bytes));
    }
    WalChain chain{first.store_id, first.head_id, chain_begin, first.previous_hash};
    WalDecoder decoder;
    NoVisitor visitor;
    WalFrameView view;
    for (;;) {
        SLUICE_CO_TRY(const WalStep step, co_await reader.next(first.log_number, chain, view));
        if (step == WalStep::kFrame) {
            ++report.log_frames;
            SLUICE_CO_TRY_VOID(decoder.decode(view.payload, visitor));
            continue;
        }
        SLUICE_CO_TRY(const WalReader::Behind behind,
                      co_await reader.look_behind(first.log_number, chain));
        if (behind.acknowledged >= chain.next_frame) {
            co_return Error{ErrorKind::kCorrupt,
                            file.path() + ": damaged at frame " + std::to_string(chain.next_frame)};
        }
        if (step == WalStep::kTorn) ++report.torn_tails;
        std::uint64_t& end = seen.ends[first.head_id];
        end = std::max(end, chain.next_frame);
        break;
    }
    if (reader.unreadable_sectors() != 0) {
        co_return Error{ErrorKind::kCorrupt, file.path() + ": " +
                                                 std::to_string(reader.unreadable_sectors()) +
                                                 " sectors cannot be read"};
    }
    co_return Result<void>();
}

io::Task<Result<void>> verify_logs(io::Reactor& reactor, std::string directory,
                                   const ManifestState& state, VerifyProgress progress,
                                   VerifyReport& report) {
    SLUICE_CO_TRY(const auto entries, co_await list_entries(reactor, log_directory(directory)));
    LogsSeen seen;
    for (const io::DirectoryEntry& each : entries) {
        const auto number = each.is_directory ? std::nullopt : parse_log_name(each.name);
        if (!number) continue;
        const std::string path = log_path(directory, *number);
        if (progress) progress(path, report.segment_bytes, report.segment_bytes);
        SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor, path, io::OpenMode::kRead));
        const Result<void> walked = co_await walk_log(file, state, report, seen);
        co_await file.close();
        if (walked.ok()) continue;
        if (walked.error().kind != ErrorKind::kCorrupt && !is_device_failure(walked.error())) {
            co_return walked.error();
        }
        report.damage.push_back(walked.error().message);
    }
    for (const auto& [number, log] : state.logs) {
        if (log.head_id <= state.flushed_head || seen.numbers.contains(number)) continue;
        report.damage.push_back(log_directory(directory) + ": the log of number " +
                                std::to_string(number) + " is missing");
    }
    // A head of which no file came to its end without damage is not among these.
    for (const auto& [head, end] : seen.ends) {
        if (end > state.log_end(head)) continue;
        report.damage.push_back(
            log_directory(directory) + ": a log ends before frame " + std::to_string(end) +
            ", and had " + std::to_string(state.log_end(head)) + " when the store was stopped");
    }
    co_return Result<void>();
}

io::Task<Result<void>> list_quarantined_in(io::Reactor& reactor, std::string directory,
                                           VerifyReport& report) {
    SLUICE_CO_TRY(const auto files, co_await list_entries(reactor, directory));
    for (const io::DirectoryEntry& file : files) {
        if (is_quarantine_name(file.name))
            report.quarantined.push_back(directory + "/" + file.name);
    }
    co_return Result<void>();
}

// Files that were set aside, and segments that the manifest does not name.
io::Task<Result<void>> list_others(io::Reactor& reactor, std::string directory,
                                   const ManifestState& state, VerifyReport& report) {
    SLUICE_CO_TRY_VOID(co_await list_quarantined_in(reactor, directory, report));
    SLUICE_CO_TRY_VOID(co_await list_quarantined_in(reactor, log_directory(directory), report));
    SLUICE_CO_TRY(const auto groups, co_await list_entries(reactor, shards_directory(directory)));
    for (const io::DirectoryEntry& group : groups) {
        if (!group.is_directory) continue;
        const std::string path = shards_directory(directory) + "/" + group.name;
        SLUICE_CO_TRY_VOID(co_await list_quarantined_in(reactor, path, report));
        SLUICE_CO_TRY(const auto files, co_await list_entries(reactor, path));
        for (const io::DirectoryEntry& file : files) {
            const auto id = file.is_directory ? std::nullopt : parse_segment_name(file.name);
            if (!id) continue;
            const auto known = state.segments.find(*id);
            const bool is_listed = known != state.segments.end() &&
                                   std::to_string(known->second.meta.group) == group.name;
            if (!is_listed) report.unlisted.push_back(path + "/" + file.name);
        }
    }
    co_return Result<void>();
}

void judge_manifest(const std::string& path, const ManifestSearch& search, VerifyReport& report) {
    const ManifestContent& content = *search.content;
    if (content.torn) ++report.torn_tails;
    if (content.records_lost != 0) {
        report.damage.push_back(path + ": " + std::to_string(content.records_lost) +
                                " records are lost");
    }
    if (content.records_mended != 0) {
        report.damage.push_back(path + ": " + std::to_string(content.records_mended) +
                                " records are damaged in one of its two copies");
    }
    if (search.copy_missing) report.damage.push_back(path + ": one of its two copies is missing");
    for (const std::string& each : search.unreadable) {
        report.damage.push_back(each + ": cannot be read");
    }
}

}  // namespace

io::Task<Result<VerifyReport>> verify_store(io::Reactor& reactor, std::string directory,
                                            VerifyProgress progress) {
    VerifyReport report;
    SLUICE_CO_TRY(const ManifestSearch search, co_await find_manifest(reactor, directory));
    ManifestState state;
    if (search.content) {
        judge_manifest(manifest_path(directory, search.number), search, report);
        state = search.content->state;
    } else {
        report.damage.push_back(directory + ": no readable manifest");
    }
    SLUICE_CO_TRY_VOID(co_await verify_segments(reactor, directory, state, progress, report));
    SLUICE_CO_TRY_VOID(co_await verify_logs(reactor, directory, state, progress, report));
    SLUICE_CO_TRY_VOID(co_await list_others(reactor, directory, state, report));
    co_return report;
}

}  // namespace sluice::storage
