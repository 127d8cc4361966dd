#include "storage/manifest/manifest.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/log.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "storage/files/file_names.h"
#include "storage/files/read_attempts.h"

namespace sluice::storage {
namespace {

constexpr std::int64_t kRetryNs = 200 * kMillisecondNs;
// 64 records of one page; a store that flushes once a second begins a new file every minute.
constexpr std::uint64_t kFileBytesMin = 256 * kKiB;

AlignedBuffer aligned_copy(ByteSpan bytes) {
    AlignedBuffer buffer(bytes.size());
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    return buffer;
}

}  // namespace

// Looks from the newest file to the oldest, and uses the first that begins with an intact record. A
// newer file that does not was being made when the process ended, in which case nothing relied on
// it, or has been damaged since; it is counted. A file that the device does not give back is asked
// for several times and then passed over, so that the store starts.
io::Task<Result<ManifestSearch>> find_manifest(io::Reactor& reactor, std::string store) {
    ManifestSearch search;
    SLUICE_CO_TRY(const auto entries, co_await io::list_directory(reactor, store));
    for (const io::DirectoryEntry& each : entries) {
        if (const auto number = parse_manifest_name(each.name)) search.numbers.push_back(*number);
    }
    std::sort(search.numbers.begin(), search.numbers.end());
    for (auto number = search.numbers.rbegin(); number != search.numbers.rend(); ++number) {
        const std::string path = manifest_path(store, *number);
        auto bytes = co_await io::read_whole_file(reactor, path);
        for (int attempt = 1; !bytes.ok() && attempt < kReadAttempts; ++attempt) {
            bytes = co_await io::read_whole_file(reactor, path);
        }
        if (!bytes.ok()) {
            if (bytes.error().kind != ErrorKind::kIo) co_return bytes.error();
            search.unreadable.push_back(*number);
            continue;
        }
        Result<ManifestContent> content = parse_manifest(*bytes);
        if (!content.ok() && content.error().kind == ErrorKind::kUnsupported) {
            co_return std::move(content).error();
        }
        if (content.ok()) {
            search.content = std::move(*content);
            search.number = *number;
            break;
        }
        ++search.damaged;
    }
    co_return search;
}

io::Task<void> Manifest::begin(ManifestState state, ManifestSearch found) {
    older_ = std::move(found.numbers);
    file_number_ = older_.empty() ? 0 : older_.back();
    Result<void> written;
    const NewFile content = encode_new_file(state);
    Result<io::File> file = co_await make_file(content);
    if (file.ok()) {
        written = co_await fill_file(std::move(*file), content);
    } else {
        written = std::move(file).error();
        // Nothing has been written that could be taken for a newer truth.
        if (found.content) written = co_await continue_file(found, state);
        if (written.ok()) log_warn("no room for a new manifest; the old one goes on");
    }
    if (!written.ok()) {
        log_error("the manifest cannot be written", {{"error", written.error().message}});
        trouble_ = std::move(written).error();
    }
    state_ = std::move(state);
}

// Appends the new life to the file that was found. Anything else in which `state` differs from its
// content is found out again at the next start.
io::Task<Result<void>> Manifest::continue_file(const ManifestSearch& found,
                                               const ManifestState& state) {
    const std::string path = manifest_path(store_, found.number);
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kReadWrite));
    const auto size = co_await file.size();
    file_ = std::move(file);
    file_bytes_ = size.ok() ? align_down(*size) : 0;
    offset_ = found.content->end;
    records_ = found.content->records;
    hash_ = found.content->hash;
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::Identity{state.store_id, state.incarnation, state.next_segment_id});
    Result<void> written = co_await write_record(edits);
    if (!written.ok()) {
        co_await file_.close();
        co_return written;
    }
    file_usable_ = true;
    durable_ = true;
    co_return written;
}

io::Task<Result<void>> Manifest::append(std::vector<ManifestEdit> edits) {
    while (busy_) co_await changed_.wait();
    busy_ = true;
    Result<void> outcome;
    for (;;) {
        ManifestState next = state_;
        for (const ManifestEdit& each : edits) next.apply(each);
        if (file_usable_) {
            outcome = co_await write_record(edits);
        } else {
            outcome = co_await write_new_file(next);
        }
        if (outcome.ok()) {
            // Ids may have been taken meanwhile.
            next.next_segment_id = std::max(next.next_segment_id, state_.next_segment_id);
            state_ = std::move(next);
            trouble_.reset();
            break;
        }
        const bool was_usable = file_usable_;
        file_usable_ = false;
        if (was_usable) continue;  // at once with a new file
        if (!trouble_) {
            log_error("the manifest cannot be written", {{"error", outcome.error().message}});
        }
        trouble_ = outcome.error();
        if (stopping_) {
            outcome = Error{ErrorKind::kCancelled, "the store is stopping"};
            break;
        }
        co_await changed_.wait_until(reactor_.monotonic_ns() + kRetryNs);
    }
    busy_ = false;
    changed_.notify_all();
    co_return outcome;
}

io::Task<Result<void>> Manifest::write_record(const std::vector<ManifestEdit>& edits) {
    ByteWriter record;
    std::uint64_t hash = hash_;
    append_manifest_record(record, records_ + 1, hash, edits);
    if (offset_ + record.size() > file_bytes_) {
        co_return Error{ErrorKind::kTooLarge, "the manifest file is full"};
    }
    const AlignedBuffer buffer = aligned_copy(record.span());
    SLUICE_CO_TRY_VOID(co_await file_.write_durable_at(buffer.span(), offset_));
    offset_ += record.size();
    ++records_;
    hash_ = hash;
    co_return Result<void>();
}

Manifest::NewFile Manifest::encode_new_file(const ManifestState& state) {
    NewFile content;
    ByteWriter record;
    append_manifest_record(record, 1, content.hash, state.snapshot());
    content.record = aligned_copy(record.span());
    content.bytes = std::max(kFileBytesMin, align_up(4 * record.size()));
    return content;
}

// A file with its space allocated and nothing in it.
io::Task<Result<io::File>> Manifest::make_file(const NewFile& content) {
    const std::string path = manifest_path(store_, ++file_number_);
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kCreate));
    Result<void> allocated = co_await file.allocate(0, content.bytes);
    if (!allocated.ok()) {
        co_await file.close();
        (void)co_await io::remove_file(reactor_, path);
        co_return std::move(allocated).error();
    }
    co_return file;
}

io::Task<Result<void>> Manifest::fill_file(io::File file, const NewFile& content) {
    Result<void> written = co_await file.write_durable_at(content.record.span(), 0);
    if (written.ok()) written = co_await file.sync();
    if (written.ok()) written = co_await io::sync_directory(reactor_, store_);
    if (!written.ok()) {
        const std::string path = file.path();
        co_await file.close();
        // The file may hold a whole record nevertheless. That is harmless while it cannot be
        // followed by an older truth: the next file has a higher number.
        (void)co_await io::remove_file(reactor_, path);
        co_return std::move(written).error();
    }
    if (file_.is_open()) co_await file_.close();
    file_ = std::move(file);
    file_bytes_ = content.bytes;
    offset_ = content.record.size();
    records_ = 1;
    hash_ = content.hash;
    file_usable_ = true;
    durable_ = true;
    co_await retire_older();
    older_.push_back(file_number_);
    co_return Result<void>();
}

io::Task<Result<void>> Manifest::write_new_file(const ManifestState& state) {
    const NewFile content = encode_new_file(state);
    SLUICE_CO_TRY(io::File file, co_await make_file(content));
    co_return co_await fill_file(std::move(file), content);
}

// The files before: their successor is durable. One that cannot be removed now is removed when the
// next file is written; it does no harm while a newer one can be read.
io::Task<void> Manifest::retire_older() {
    std::vector<std::uint64_t> kept;
    for (const std::uint64_t each : older_) {
        auto removed = co_await io::remove_file(reactor_, manifest_path(store_, each));
        if (removed.ok() || removed.error().os_error == ENOENT) continue;
        log_warn("an old manifest stays", {{"error", removed.error().message}});
        kept.push_back(each);
    }
    older_ = std::move(kept);
}

io::Task<void> Manifest::close() {
    while (busy_) co_await changed_.wait();
    if (file_.is_open()) co_await file_.close();
}

}  // namespace sluice::storage
