#include "storage/manifest.h"

#include <algorithm>
#include <cstring>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/log.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "storage/file_names.h"

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

io::Task<Result<ManifestSearch>> find_manifest(io::Reactor& reactor, std::string store) {
    ManifestSearch search;
    SLUICE_CO_TRY(const auto entries, co_await io::list_directory(reactor, store));
    for (const io::DirectoryEntry& each : entries) {
        if (const auto number = parse_manifest_name(each.name)) search.numbers.push_back(*number);
    }
    std::sort(search.numbers.begin(), search.numbers.end());
    for (auto number = search.numbers.rbegin(); number != search.numbers.rend(); ++number) {
        SLUICE_CO_TRY(const auto bytes,
                      co_await io::read_whole_file(reactor, manifest_path(store, *number)));
        Result<ManifestContent> content = parse_manifest(bytes);
        if (!content.ok() && content.error().kind == ErrorKind::kUnsupported) {
            co_return std::move(content).error();
        }
        if (content.ok()) {
            search.torn = content->torn;
            search.state = std::move(content->state);
            break;
        }
        ++search.damaged;
    }
    co_return search;
}

io::Task<Result<void>> Manifest::create(ManifestState state, std::vector<std::uint64_t> older) {
    file_number_ = older.empty() ? 0 : older.back();
    SLUICE_CO_TRY_VOID(co_await write_new_file(state));
    state_ = std::move(state);
    for (const std::uint64_t each : older) {
        SLUICE_CO_TRY_VOID(co_await io::remove_file(reactor_, manifest_path(store_, each)));
    }
    co_return Result<void>();
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

io::Task<Result<void>> Manifest::write_new_file(const ManifestState& state) {
    ByteWriter record;
    std::uint64_t hash = 0;
    append_manifest_record(record, 1, hash, state.snapshot());
    const AlignedBuffer buffer = aligned_copy(record.span());
    const std::uint64_t bytes = std::max(kFileBytesMin, align_up(4 * record.size()));

    const std::uint64_t number = ++file_number_;
    const std::string path = manifest_path(store_, number);
    SLUICE_CO_TRY(io::File file, co_await io::File::open(reactor_, path, io::OpenMode::kCreate));
    Result<void> written = co_await file.allocate(0, bytes);
    if (written.ok()) written = co_await file.write_durable_at(buffer.span(), 0);
    if (written.ok()) written = co_await file.sync();
    if (written.ok()) written = co_await io::sync_directory(reactor_, store_);
    if (!written.ok()) {
        co_await file.close();
        // It may hold a whole record all the same. That is harmless while it cannot be followed by
        // an older truth: the next file has a higher number.
        (void)co_await io::remove_file(reactor_, path);
        co_return std::move(written).error();
    }
    co_await retire_file();
    file_ = std::move(file);
    file_bytes_ = bytes;
    offset_ = record.size();
    records_ = 1;
    hash_ = hash;
    file_usable_ = true;
    co_return Result<void>();
}

// The file before: its successor is durable.
io::Task<void> Manifest::retire_file() {
    if (!file_.is_open()) co_return;
    const std::string path = file_.path();
    co_await file_.close();
    auto removed = co_await io::remove_file(reactor_, path);
    if (!removed.ok()) {
        log_warn("an old manifest stays", {{"file", path}, {"error", removed.error().message}});
    }
}

io::Task<void> Manifest::close() {
    while (busy_) co_await changed_.wait();
    if (file_.is_open()) co_await file_.close();
}

}  // namespace sluice::storage
