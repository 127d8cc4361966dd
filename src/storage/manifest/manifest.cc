#include "storage/manifest/manifest.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/log.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "storage/files/device_failure.h"
#include "storage/files/file_names.h"
#include "storage/files/list_entries.h"
#include "storage/files/read_attempts.h"
#include "storage/files/store_directories.h"

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

namespace {

// The bytes of one copy; nothing when there is none or the device does not give it back.
io::Task<Result<std::optional<std::vector<std::byte>>>> read_copy(io::Reactor& reactor,
                                                                  std::string path,
                                                                  ManifestSearch& search) {
    auto bytes = co_await io::read_whole_file(reactor, path);
    for (int attempt = 1; !bytes.ok() && attempt < kReadAttempts; ++attempt) {
        if (bytes.error().kind == ErrorKind::kNotFound) break;
        bytes = co_await io::read_whole_file(reactor, path);
    }
    std::optional<std::vector<std::byte>> found;
    if (bytes.ok()) {
        found = std::move(*bytes);
    } else if (bytes.error().kind != ErrorKind::kNotFound) {
        if (!is_device_failure(bytes.error())) co_return std::move(bytes).error();
        search.unreadable.push_back(std::move(path));
    }
    co_return found;
}

}  // namespace

// The newest that can be read counts. A newer one that is not whole was being made when the process
// died, and the one before it has not been given up yet: nobody was told of anything that only the
// newer one had.
io::Task<Result<ManifestSearch>> find_manifest(io::Reactor& reactor, std::string store) {
    ManifestSearch search;
    SLUICE_CO_TRY(const auto entries, co_await list_entries(reactor, store));
    std::set<std::uint64_t> numbers;
    for (const io::DirectoryEntry& each : entries) {
        auto number = parse_manifest_name(each.name);
        if (!number) number = parse_manifest_copy_name(each.name);
        if (number && each.is_directory) {
            log_warn("a directory has the name of a file and is left alone",
                     {{"directory", store + "/" + each.name}});
        } else if (number) {
            numbers.insert(*number);
        }
    }
    search.numbers.assign(numbers.begin(), numbers.end());
    for (auto number = search.numbers.rbegin(); number != search.numbers.rend(); ++number) {
        SLUICE_CO_TRY(const auto file,
                      co_await read_copy(reactor, manifest_path(store, *number), search));
        SLUICE_CO_TRY(const auto copy,
                      co_await read_copy(reactor, manifest_copy_path(store, *number), search));
        if (!file && !copy) continue;
        Result<ManifestContent> content =
            parse_manifest(file ? *file : ByteSpan(), copy ? *copy : ByteSpan());
        if (!content.ok() && content.error().kind == ErrorKind::kUnsupported) {
            co_return Error{ErrorKind::kUnsupported,
                            manifest_path(store, *number) + ": " + content.error().message};
        }
        if (content.ok()) {
            search.content = std::move(*content);
            search.number = *number;
            search.has_copy = file && copy;
            search.copy_missing = !file || (!copy && search.content->version > 1);
            break;
        }
        ++search.damaged;
    }
    co_return search;
}

// A life always begins a new file, so that its first record says everything and its incarnation is
// durable before anything refers to it. Going on in the old file is for a full disk only.
io::Task<void> Manifest::begin(ManifestState state, ManifestSearch found) {
    SLUICE_CHECK(!file_.is_open() && !durable_);  // once
    older_ = std::move(found.numbers);
    file_number_ = older_.empty() ? 0 : older_.back();
    Result<void> written;
    const NewFile content = encode_new_file(state);
    Result<void> made = co_await make_files(content);
    if (made.ok()) {
        written = co_await fill_files(content);
    } else {
        written = std::move(made).error();
        // Nothing has been written that could be taken for a newer truth.
        if (found.content && !found.content->broken && !found.copy_missing) {
            written = co_await continue_file(found, state);
        }
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
    if (found.has_copy) {
        auto copy = co_await io::File::open(reactor_, manifest_copy_path(store_, found.number),
                                            io::OpenMode::kReadWrite);
        if (!copy.ok()) {
            co_await file.close();
            co_return std::move(copy).error();
        }
        copy_ = std::move(*copy);
    }
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
        if (copy_.is_open()) co_await copy_.close();
        co_return written;
    }
    file_usable_ = true;
    durable_ = true;
    co_return written;
}

// There is no way back from here: a record whose write failed may be on the disk all the same, so
// the caller cannot be told that it is not. It goes on with new files until one attempt succeeds,
// and `state_` changes in the turn in which it is known to.
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
            // Heads only ever become flushed, and lives follow each other.
            SLUICE_CHECK(next.flushed_head >= state_.flushed_head);
            SLUICE_CHECK(next.incarnation == state_.incarnation);
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
    // Each record begins a sector of its own, so that a torn write harms no record before it.
    SLUICE_CHECK(offset_ % kDirectIoAlignment == 0 && record.size() % kDirectIoAlignment == 0);
    if (offset_ + record.size() > file_bytes_) {
        co_return Error{ErrorKind::kTooLarge, "the manifest file is full"};
    }
    const AlignedBuffer buffer = aligned_copy(record.span());
    SLUICE_CO_TRY_VOID(co_await write_both(buffer.span(), offset_));
    offset_ += record.size();
    SLUICE_CHECK(offset_ <= file_bytes_);
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
    SLUICE_CHECK(content.record.size() <= content.bytes);
    return content;
}

// Both writes are on their way at the same time; durable is what is in both files.
io::Task<Result<void>> Manifest::write_both(ByteSpan bytes, std::uint64_t offset) {
    if (!copy_.is_open()) co_return co_await file_.write_durable_at(bytes, offset);
    io::Task<Result<void>> copying = copy_.write_durable_at(bytes, offset);
    Result<void> written = co_await file_.write_durable_at(bytes, offset);
    Result<void> copied = co_await std::move(copying);
    co_return written.ok() ? std::move(copied) : std::move(written);
}

// A file with its space allocated and nothing in it.
io::Task<Result<io::File>> Manifest::make_file(std::string path, std::uint64_t bytes) {
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kCreate));
    Result<void> allocated = co_await file.allocate(0, bytes);
    if (!allocated.ok()) {
        co_await file.close();
        (void)co_await io::remove_file(reactor_, path);
        co_return std::move(allocated).error();
    }
    co_return file;
}

io::Task<Result<void>> Manifest::make_files(const NewFile& content) {
    // The start may have found no room for the store itself.
    if (!file_.is_open()) {
        SLUICE_CO_TRY_VOID(co_await make_store_directories(reactor_, store_));
    }
    ++file_number_;
    SLUICE_CO_TRY(new_file_,
                  co_await make_file(manifest_path(store_, file_number_), content.bytes));
    auto copy = co_await make_file(manifest_copy_path(store_, file_number_), content.bytes);
    if (!copy.ok()) {
        co_await discard_new_files();
        co_return std::move(copy).error();
    }
    new_copy_ = std::move(*copy);
    co_return Result<void>();
}

io::Task<void> Manifest::discard_new_files() {
    const std::array<io::File*, 2> files{&new_copy_, &new_file_};
    for (io::File* each : files) {
        if (!each->is_open()) continue;
        const std::string path = each->path();
        co_await each->close();
        (void)co_await io::remove_file(reactor_, path);
    }
}

io::Task<Result<void>> Manifest::fill_files(const NewFile& content) {
    Result<void> written;
    // The copy first: while the other file is empty, the ones before still count.
    const std::array<io::File*, 2> files{&new_copy_, &new_file_};
    for (io::File* each : files) {
        if (written.ok()) written = co_await each->write_durable_at(content.record.span(), 0);
        if (written.ok()) written = co_await each->sync();
    }
    if (written.ok()) written = co_await io::sync_directory(reactor_, store_);
    if (!written.ok()) {
        // They may hold a whole record all the same. That is harmless while it cannot be followed
        // by an older truth: the next files have a higher number.
        co_await discard_new_files();
        co_return written;
    }
    SLUICE_CHECK(new_file_.is_open() && new_copy_.is_open());
    if (file_.is_open()) co_await file_.close();
    if (copy_.is_open()) co_await copy_.close();
    file_ = std::move(new_file_);
    copy_ = std::move(new_copy_);
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
    SLUICE_CO_TRY_VOID(co_await make_files(content));
    co_return co_await fill_files(content);
}

// The files before: their successor is durable. One that cannot be removed now is removed when the
// next file is written; it does no harm while a newer one can be read.
io::Task<void> Manifest::retire_older() {
    std::vector<std::uint64_t> kept;
    for (const std::uint64_t each : older_) {
        const bool copy_gone = co_await retire_file(manifest_copy_path(store_, each));
        const bool file_gone = co_await retire_file(manifest_path(store_, each));
        if (!file_gone || !copy_gone) kept.push_back(each);
    }
    older_ = std::move(kept);
}

io::Task<bool> Manifest::retire_file(std::string path) {
    auto removed = co_await io::remove_file(reactor_, std::move(path));
    if (removed.ok() || removed.error().os_error == ENOENT) co_return true;
    log_warn("an old manifest stays", {{"error", removed.error().message}});
    co_return false;
}

io::Task<void> Manifest::close() {
    while (busy_) co_await changed_.wait();
    if (file_.is_open()) co_await file_.close();
    if (copy_.is_open()) co_await copy_.close();
}

}  // namespace sluice::storage
