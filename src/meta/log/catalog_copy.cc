#include "meta/log/catalog_copy.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "meta/draft/catalog_format.h"
#include "meta/log/catalog_files.h"
#include "sluice/base/aligned_buffer.h"
#include "sluice/base/check.h"
#include "sluice/base/log.h"

namespace sluice::meta {
namespace {

constexpr std::string_view kUnfinishedSuffix = ".tmp";

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return path.substr(0, slash == 0 ? 1 : slash);
}

}  // namespace

CatalogCopy::CatalogCopy(io::Reactor& reactor, std::string directory)
    : reactor_(reactor), directory_(std::move(directory)) {}

std::string CatalogCopy::unfinished_path() const {
    return path_of(snapshot_file_name(next_generation_)) + std::string(kUnfinishedSuffix);
}

io::Task<Result<void>> CatalogCopy::resume(std::uint64_t generation, std::uint64_t end) {
    SLUICE_CO_TRY(log_, co_await io::File::open(reactor_, path_of(log_file_name(generation)),
                                                io::OpenMode::kReadWrite));
    generation_ = generation;
    end_ = end;
    writable_ = true;
    co_return Result<void>();
}

// A write that fails is the last one of this log: what it left behind is unknown.
io::Task<Result<void>> CatalogCopy::append(ByteSpan frame) {
    SLUICE_CHECK(writable_ && log_.is_open());
    SLUICE_CHECK(end_ % kCatalogFrameAlignment == 0);
    Result<void> written = co_await log_.write_durable_at(frame, end_);
    if (written.ok()) {
        end_ += frame.size();
    } else {
        writable_ = false;
    }
    co_return written;
}

void CatalogCopy::give_up() {
    writable_ = false;
    was_given_up_ = true;
}

// The log is durable before the snapshot is even begun, and the snapshot has an unfinished name
// until commit(). So a directory never holds a snapshot whose log is missing.
io::Task<Result<void>> CatalogCopy::begin(std::uint64_t generation, ByteSpan log_start) {
    SLUICE_CHECK(!next_log_.is_open() && !next_snapshot_.is_open());
    next_generation_ = generation;
    next_snapshot_end_ = 0;
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor_, directory_));
    SLUICE_CO_TRY_VOID(co_await io::sync_directory(reactor_, parent_of(directory_)));
    SLUICE_CO_TRY(next_log_, co_await io::File::open(reactor_, path_of(log_file_name(generation)),
                                                     io::OpenMode::kCreate));
    SLUICE_CO_TRY_VOID(co_await make_log(log_start));
    SLUICE_CO_TRY(next_snapshot_,
                  co_await io::File::open(reactor_, unfinished_path(), io::OpenMode::kCreate));
    co_return Result<void>();
}

io::Task<Result<void>> CatalogCopy::make_log(ByteSpan log_start) {
    SLUICE_CO_TRY_VOID(co_await next_log_.allocate(0, kCatalogLogReservedBytes));
    SLUICE_CO_TRY_VOID(co_await next_log_.write_durable_at(log_start, 0));
    SLUICE_CO_TRY_VOID(co_await next_log_.sync());
    co_return co_await io::sync_directory(reactor_, directory_);
}

io::Task<Result<void>> CatalogCopy::write_snapshot(ByteSpan frames) {
    const std::uint64_t at = next_snapshot_end_;
    next_snapshot_end_ += frames.size();
    co_return co_await next_snapshot_.write_at(frames, at);
}

io::Task<Result<void>> CatalogCopy::end_snapshot() {
    Result<void> synced = co_await next_snapshot_.sync();
    co_await next_snapshot_.close();
    co_return synced;
}

// The rename is the moment at which the generation begins. If it, or the sync behind it, fails,
// either generation may be found by the next start: nothing more is written to any of the two.
io::Task<Result<void>> CatalogCopy::commit() {
    const std::string snapshot = path_of(snapshot_file_name(next_generation_));
    writable_ = false;
    Result<void> done = co_await io::rename_file(reactor_, unfinished_path(), snapshot);
    if (done.ok()) done = co_await io::sync_directory(reactor_, directory_);
    if (!done.ok()) {
        co_await next_log_.close();
        co_return done;
    }
    if (log_.is_open()) co_await log_.close();
    log_ = std::move(next_log_);
    generation_ = next_generation_;
    end_ = kCatalogFrameAlignment;
    writable_ = true;
    co_return Result<void>();
}

io::Task<void> CatalogCopy::abandon() {
    const bool made_log = next_log_.is_open();
    if (next_snapshot_.is_open()) co_await next_snapshot_.close();
    if (next_log_.is_open()) co_await next_log_.close();
    // What cannot be removed does no harm: the number is not used again.
    if (!made_log) co_return;
    (void)co_await io::remove_file(reactor_, unfinished_path());
    (void)co_await io::remove_file(reactor_, path_of(log_file_name(next_generation_)));
}

// A text file, for people and for later starts: a loss stays known until somebody has removed the
// file. One per start that lost something, so that an older note is never written over.
io::Task<Result<void>> CatalogCopy::remember(std::string text) {
    Result<io::File> file = Error{};
    for (int attempt = 1; attempt < 10 && !file.ok(); ++attempt) {
        file = co_await io::File::open(reactor_, path_of(losses_file_name(generation_, attempt)),
                                       io::OpenMode::kCreate);
        if (!file.ok() && file.error().kind != ErrorKind::kConflict) break;
    }
    if (!file.ok()) co_return std::move(file).error();
    const std::size_t size = text.size();
    AlignedBuffer buffer(align_up(size));
    std::memset(buffer.data(), '\n', buffer.size());
    std::memcpy(buffer.data(), text.data(), size);
    Result<void> done = co_await file->write_durable_at(buffer.span(), 0);
    if (done.ok()) done = co_await file->truncate(size);
    if (done.ok()) done = co_await file->sync();
    co_await file->close();
    if (done.ok()) done = co_await io::sync_directory(reactor_, directory_);
    co_return done;
}

void CatalogCopy::set_aside_later(std::vector<std::string> names) {
    damaged_ = std::move(names);
}

io::Task<void> CatalogCopy::set_aside() {
    if (damaged_.empty()) co_return;
    std::vector<std::string> taken;
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await io::list_directory(reactor_, directory_);
    if (!entries.ok()) co_return;
    for (const io::DirectoryEntry& entry : *entries) taken.push_back(entry.name);
    for (const std::string& name : damaged_) {
        const std::string aside = set_aside_name(name, taken);
        taken.push_back(aside);
        const Result<void> renamed =
            co_await io::rename_file(reactor_, path_of(name), path_of(aside));
        if (renamed.ok()) {
            log_warn("a damaged file of the catalog is set aside", {{"file", path_of(aside)}});
        } else {
            log_warn("a damaged file of the catalog cannot be set aside",
                     {{"error", renamed.error().message}});
        }
    }
    damaged_.clear();
}

// Keeps this generation and the newest one before it that has a snapshot. What cannot be removed
// now is removed next time.
io::Task<void> CatalogCopy::clean_up() {
    co_await set_aside();
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await io::list_directory(reactor_, directory_);
    if (!entries.ok()) co_return;
    std::uint64_t fallback = was_given_up_ ? generation_ : 0;
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
        if (entry.is_file && (unfinished || old)) co_await remove(entry.name);
    }
    was_given_up_ = false;
    // Names set aside and removed are on stable storage before they can be taken for news.
    (void)co_await io::sync_directory(reactor_, directory_);
}

io::Task<void> CatalogCopy::remove(std::string name) {
    const Result<void> removed = co_await io::remove_file(reactor_, path_of(name));
    if (!removed.ok()) log_warn("cannot remove a file", {{"error", removed.error().message}});
}

io::Task<void> CatalogCopy::close() {
    writable_ = false;
    if (next_snapshot_.is_open()) co_await next_snapshot_.close();
    if (next_log_.is_open()) co_await next_log_.close();
    if (log_.is_open()) co_await log_.close();
}

}  // namespace sluice::meta
