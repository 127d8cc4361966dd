#include "meta/catalog_log.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "meta/catalog_frame.h"
#include "meta/catalog_snapshot.h"
#include "sluice/base/aligned_buffer.h"
#include "sluice/base/log.h"

namespace sluice::meta {
namespace {

// Reserved when a log is made: a full disk must not keep anybody from dropping a database.
constexpr std::uint64_t kLogReservedBytes = kMiB;
// Small logs are not worth a compaction; beyond that, when replay would outweigh the snapshot.
constexpr std::uint64_t kLogBytesKept = 768 * kKiB;

AlignedBuffer aligned_copy(ByteSpan bytes) {
    AlignedBuffer buffer(bytes.size());
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    return buffer;
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return path.substr(0, slash == 0 ? 1 : slash);
}

constexpr std::string_view kUnfinishedSuffix = ".tmp";

}  // namespace

CatalogLog::CatalogLog(io::Reactor& reactor, std::string directory)
    : reactor_(reactor), directory_(std::move(directory)) {}

bool CatalogLog::wants_compaction() const {
    return end_ > std::max(kLogBytesKept, 4 * snapshot_bytes_);
}

io::Task<Result<CatalogFiles>> read_catalog_files(io::Reactor& reactor, std::string directory) {
    CatalogFiles files;
    SLUICE_CO_TRY(const std::vector<io::DirectoryEntry> entries,
                  co_await io::list_directory(reactor, directory));
    for (const io::DirectoryEntry& entry : entries) {
        const std::optional<CatalogFileName> name = parse_file_name(entry.name);
        if (!name.has_value()) continue;
        SLUICE_CO_TRY(std::vector<std::byte> bytes,
                      co_await io::read_whole_file(reactor, directory + "/" + entry.name));
        (name->is_log ? files.logs : files.snapshots)[name->generation] = std::move(bytes);
    }
    co_return files;
}

io::Task<Result<CatalogRecovery>> CatalogLog::open() {
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor_, directory_));
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor_, parent_of(directory_)));
    SLUICE_CO_TRY(const CatalogFiles files, co_await read_catalog_files(reactor_, directory_));
    SLUICE_CO_TRY(CatalogRecovery recovery, recover_catalog(files));
    last_generation_ = files.last_generation();
    sequence_ = recovery.sequence;
    generation_ = recovery.generation;
    if (recovery.log_end.has_value()) {
        Result<io::File> opened = co_await io::File::open(
            reactor_, path_of(log_file_name(generation_)), io::OpenMode::kReadWrite);
        if (opened.ok()) {
            log_ = std::move(opened).value();
            end_ = *recovery.log_end;
            snapshot_bytes_ = files.snapshots.at(generation_).size();
            writable_ = true;
        }
    }
    if (!writable_ || wants_compaction()) {
        const Result<void> compacted = co_await compact(*recovery.catalog);
        // An empty directory that cannot be written is no catalog.
        if (!compacted.ok() && files.empty()) co_return compacted.error();
        if (!compacted.ok()) {
            log_warn("the catalog cannot be compacted", {{"error", compacted.error().message}});
        }
    }
    co_return recovery;
}

io::Task<Result<void>> CatalogLog::append(ByteSpan changes) {
    SLUICE_CHECK(writable_);
    ByteWriter frame;
    append_frame(frame, CatalogFrameKind::kChanges, generation_, sequence_ + 1, changes);
    const AlignedBuffer buffer = aligned_copy(frame.span());
    const Result<void> written = co_await log_.write_durable_at(buffer.span(), end_);
    if (!written.ok()) {
        writable_ = false;
        co_return written;
    }
    ++sequence_;
    end_ += buffer.size();
    co_return Result<void>();
}

io::Task<Result<io::File>> CatalogLog::make_log(std::uint64_t generation) {
    SLUICE_CO_TRY(io::File file,
                  co_await io::File::open(reactor_, path_of(log_file_name(generation)),
                                          io::OpenMode::kCreate));
    ByteWriter frame;
    append_frame(frame, CatalogFrameKind::kLogStart, generation, sequence_, {});
    const AlignedBuffer buffer = aligned_copy(frame.span());
    Result<void> done = co_await file.allocate(0, kLogReservedBytes);
    if (done.ok()) done = co_await file.write_durable_at(buffer.span(), 0);
    if (done.ok()) done = co_await file.sync();
    if (done.ok()) done = co_await io::sync_directory(reactor_, directory_);
    if (!done.ok()) {
        co_await file.close();
        co_return std::move(done).error();
    }
    co_return file;
}

io::Task<Result<void>> CatalogLog::write_snapshot(const Catalog& catalog, std::uint64_t generation,
                                                  std::string path) {
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kCreate));
    CatalogSnapshotEncoder encoder(catalog, generation, sequence_);
    ByteWriter piece;
    std::uint64_t at = 0;
    Result<void> done;
    while (done.ok() && encoder.next(piece)) {
        const AlignedBuffer buffer = aligned_copy(piece.span());
        piece.clear();
        done = co_await file.write_at(buffer.span(), at);
        at += buffer.size();
    }
    if (done.ok()) done = co_await file.sync();
    co_await file.close();
    if (done.ok()) snapshot_bytes_ = at;
    co_return done;
}

io::Task<Result<void>> CatalogLog::compact(const Catalog& catalog) {
    const std::uint64_t generation = ++last_generation_;
    const std::string snapshot = path_of(snapshot_file_name(generation));
    const std::string unfinished = snapshot + std::string(kUnfinishedSuffix);
    SLUICE_CO_TRY(io::File log, co_await make_log(generation));
    Result<void> done = co_await write_snapshot(catalog, generation, unfinished);
    if (done.ok()) {
        // From here on the new generation may be the one that a restart finds.
        writable_ = false;
        done = co_await io::rename_file(reactor_, unfinished, snapshot);
        if (done.ok()) done = co_await io::sync_directory(reactor_, directory_);
    }
    if (!done.ok()) {
        co_await log.close();
        co_return done;
    }
    if (log_.is_open()) co_await log_.close();
    log_ = std::move(log);
    generation_ = generation;
    end_ = kCatalogFrameAlignment;
    writable_ = true;
    co_await remove_old_files();
    co_return Result<void>();
}

// Keeps this generation and the newest one before it that has a snapshot. What cannot be removed
// now is removed next time.
io::Task<void> CatalogLog::remove_old_files() {
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await io::list_directory(reactor_, directory_);
    if (!entries.ok()) co_return;
    std::uint64_t fallback = 0;
    for (const io::DirectoryEntry& entry : *entries) {
        const std::optional<CatalogFileName> name = parse_file_name(entry.name);
        if (name.has_value() && !name->is_log && name->generation < generation_) {
            fallback = std::max(fallback, name->generation);
        }
    }
    for (const io::DirectoryEntry& entry : *entries) {
        const std::optional<CatalogFileName> name = parse_file_name(entry.name);
        const bool unfinished = entry.name.ends_with(kUnfinishedSuffix);
        const bool old = name.has_value() && name->generation < fallback;
        if (!unfinished && !old) continue;
        const Result<void> removed = co_await io::remove_file(reactor_, path_of(entry.name));
        if (!removed.ok()) log_warn("cannot remove a file", {{"error", removed.error().message}});
    }
}

io::Task<void> CatalogLog::close() {
    writable_ = false;
    if (log_.is_open()) co_await log_.close();
}

}  // namespace sluice::meta
