#include "sluice/io/file.h"

#include <cerrno>
#include <utility>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/check.h"

namespace sluice::io {

namespace {

// These say that nothing has been done, so the same operation may be asked for again. Any other
// error of a write or sync leaves open what is on the device, and is never repeated here.
bool is_transient(std::int64_t result) {
    return result == -EINTR || result == -EAGAIN;
}

// The kind of an error tells callers what to do about it: a file that is not there is looked for, a
// full disk is waited for, and the rest is the device's.
Error failure_of(std::int64_t result, std::string doing) {
    // Descriptors are ours and good: this one could not be opened for writing.
    const int os_error = result == -EBADF ? EROFS : static_cast<int>(-result);
    Error error = os_failure(os_error, std::move(doing));
    if (os_error == ENOENT) error.kind = ErrorKind::kNotFound;
    if (os_error == EEXIST) error.kind = ErrorKind::kConflict;
    if (os_error == ECANCELED) error.kind = ErrorKind::kCancelled;
    return error;
}

Task<std::int64_t> open_path(Reactor& reactor, const char* path, std::uint32_t flags) {
    for (;;) {
        IoAwaiter open(reactor.backend(), OperationKind::kOpen);
        open.path = path;
        open.flags = flags;
        const std::int64_t result = co_await open;
        if (is_transient(result)) continue;
        // Some file systems do not offer O_DIRECT.
        if (result == -EINVAL && (flags & (Operation::kBuffered | Operation::kDirectory)) == 0) {
            flags |= Operation::kBuffered;
            continue;
        }
        co_return result;
    }
}

Task<void> close_descriptor(Reactor& reactor, int fd) {
    IoAwaiter close(reactor.backend(), OperationKind::kClose, fd);
    co_await close;
}

// The paths are the caller's, who awaits this. An awaiter is used once: each attempt has its own.
Task<std::int64_t> run_on_path(Reactor& reactor, OperationKind kind, const char* path,
                               const char* path_to) {
    std::int64_t result = -EINTR;
    while (is_transient(result)) {
        IoAwaiter operation(reactor.backend(), kind);
        operation.path = path;
        operation.path_to = path_to;
        result = co_await operation;
    }
    co_return result;
}

Task<std::int64_t> run_on_descriptor(Reactor& reactor, OperationKind kind, int fd,
                                     std::uint32_t flags, std::uint64_t offset,
                                     std::uint64_t length) {
    std::int64_t result = -EINTR;
    while (is_transient(result)) {
        IoAwaiter operation(reactor.backend(), kind, fd);
        operation.flags = flags;
        operation.offset = offset;
        operation.length = length;
        result = co_await operation;
    }
    co_return result;
}

}  // namespace

// A File owns its descriptor, and not the operations that use it: whoever awaits one keeps the File
// in place meanwhile. A destructor cannot await, so one that finds the descriptor open, after an
// error, closes it synchronously, which may block on the device.
File::File(Reactor& reactor, std::string path, int fd)
    : reactor_(&reactor), fd_(fd), path_(std::move(path)) {}

File::File(File&& other) noexcept
    : reactor_(other.reactor_), fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
    if (this != &other) {
        close_now();
        reactor_ = other.reactor_;
        fd_ = std::exchange(other.fd_, -1);
        path_ = std::move(other.path_);
    }
    return *this;
}

File::~File() {
    close_now();
}

void File::close_now() {
    if (fd_ >= 0 && !abandoning()) reactor_->backend().close_now(std::exchange(fd_, -1));
}

Task<Result<File>> File::open(Reactor& reactor, std::string path, OpenMode mode) {
    std::uint32_t flags = 0;
    if (mode != OpenMode::kRead) flags |= Operation::kForWriting;
    if (mode == OpenMode::kCreate) flags |= Operation::kExclusive;
    std::int64_t result = co_await open_path(reactor, path.c_str(), flags);
    // What is there can be read on a file system that is mounted read-only; writes say so.
    if (result == -EROFS && mode == OpenMode::kReadWrite) {
        result = co_await open_path(reactor, path.c_str(), 0);
    }
    if (result < 0) {
        co_return failure_of(result, (mode == OpenMode::kCreate ? "create " : "open ") + path);
    }
    co_return File(reactor, std::move(path), static_cast<int>(result));
}

Error File::failure(const char* doing, std::int64_t result) const {
    return failure_of(result, std::string(doing) + " " + path_);
}

Task<Result<std::size_t>> File::read_at(MutableByteSpan buffer, std::uint64_t offset) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        IoAwaiter read(reactor_->backend(), OperationKind::kRead, fd_);
        read.data = buffer.data() + filled;
        read.length = buffer.size() - filled;
        read.offset = offset + filled;
        const std::int64_t result = co_await read;
        if (is_transient(result)) continue;
        if (result < 0) {
            co_return failure_of(result,
                                 "read " + path_ + " at " + std::to_string(offset + filled));
        }
        filled += static_cast<std::size_t>(result);
        // A direct read stops inside of a block only where the file ends.
        if (result == 0 || filled % kDirectIoAlignment != 0) break;
    }
    co_return filled;
}

Task<Result<void>> File::write_all(ByteSpan data, std::uint64_t offset, std::uint32_t flags) {
    SLUICE_CHECK(data.size() % kDirectIoAlignment == 0 && offset % kDirectIoAlignment == 0 &&
                 reinterpret_cast<std::uintptr_t>(data.data()) % kDirectIoAlignment == 0);
    std::size_t written = 0;
    while (written < data.size()) {
        IoAwaiter write(reactor_->backend(), OperationKind::kWrite, fd_);
        write.data = data.data() + written;
        write.length = data.size() - written;
        write.offset = offset + written;
        write.flags = flags;
        std::int64_t result = co_await write;
        if (is_transient(result)) continue;
        // A write that ends early ran out of space or broke; repeating the rest tells which. One
        // that makes no progress by whole blocks has no errno to give.
        // What was written of a block that is not whole is written again with the rest.
        const std::size_t progress = result < 0 ? 0 : align_down(static_cast<std::size_t>(result));
        if (result >= 0 && progress == 0) result = -EIO;
        if (result < 0) {
            co_return failure_of(result,
                                 "write " + path_ + " at " + std::to_string(offset + written));
        }
        written += progress;
    }
    co_return Result<void>();
}

Task<Result<void>> File::write_at(ByteSpan data, std::uint64_t offset) {
    return write_all(data, offset, 0);
}

Task<Result<void>> File::write_durable_at(ByteSpan data, std::uint64_t offset) {
    return write_all(data, offset, Operation::kDurable);
}

// fdatasync: the size goes with the data, times do not. That is what a reader needs after a crash.
Task<Result<void>> File::sync() {
    const std::int64_t result = co_await run_on_descriptor(*reactor_, OperationKind::kSync, fd_,
                                                           Operation::kDataOnly, 0, 0);
    if (result < 0) co_return failure("sync", result);
    co_return Result<void>();
}

Task<Result<void>> File::allocate(std::uint64_t offset, std::uint64_t length) {
    const std::int64_t result =
        co_await run_on_descriptor(*reactor_, OperationKind::kAllocate, fd_, 0, offset, length);
    if (result < 0) co_return failure("allocate space for", result);
    co_return Result<void>();
}

Task<Result<void>> File::truncate(std::uint64_t new_size) {
    const std::int64_t result =
        co_await run_on_descriptor(*reactor_, OperationKind::kTruncate, fd_, 0, new_size, 0);
    if (result < 0) co_return failure("truncate", result);
    co_return Result<void>();
}

Task<Result<std::uint64_t>> File::size() {
    IoAwaiter stat(reactor_->backend(), OperationKind::kStat, fd_);
    const std::int64_t result = co_await stat;
    if (result < 0) co_return failure("read the size of", result);
    co_return stat.offset;
}

Task<void> File::close() {
    if (fd_ < 0) co_return;
    co_await close_descriptor(*reactor_, std::exchange(fd_, -1));
}

Task<Result<void>> make_directory(Reactor& reactor, std::string path) {
    const std::int64_t result =
        co_await run_on_path(reactor, OperationKind::kMakeDirectory, path.c_str(), nullptr);
    if (result < 0 && result != -EEXIST) co_return failure_of(result, "make directory " + path);
    co_return Result<void>();
}

Task<Result<void>> remove_file(Reactor& reactor, std::string path) {
    const std::int64_t result =
        co_await run_on_path(reactor, OperationKind::kRemoveFile, path.c_str(), nullptr);
    if (result < 0) co_return failure_of(result, "remove " + path);
    co_return Result<void>();
}

Task<Result<void>> rename_file(Reactor& reactor, std::string from, std::string to) {
    const std::int64_t result =
        co_await run_on_path(reactor, OperationKind::kRename, from.c_str(), to.c_str());
    if (result < 0) co_return failure_of(result, "rename " + from + " to " + to);
    co_return Result<void>();
}

// POSIX promises a name only after its directory has been synced, whatever was done to the file.
// The descriptor is opened for this alone: directories are synced rarely, beside new files.
Task<Result<void>> sync_directory(Reactor& reactor, std::string path) {
    const std::int64_t fd = co_await open_path(reactor, path.c_str(), Operation::kDirectory);
    if (fd < 0) co_return failure_of(fd, "open directory " + path);
    const std::int64_t result =
        co_await run_on_descriptor(reactor, OperationKind::kSync, static_cast<int>(fd), 0, 0, 0);
    co_await close_descriptor(reactor, static_cast<int>(fd));
    if (result < 0) co_return failure_of(result, "sync directory " + path);
    co_return Result<void>();
}

Task<Result<std::vector<DirectoryEntry>>> list_directory(Reactor& reactor, std::string path) {
    co_return reactor.backend().list_directory(path);
}

Task<Result<bool>> file_exists(Reactor& reactor, std::string path) {
    const std::int64_t result =
        co_await run_on_path(reactor, OperationKind::kStat, path.c_str(), nullptr);
    if (result == -ENOENT || result == -ENOTDIR) co_return false;
    if (result < 0) co_return failure_of(result, "look up " + path);
    co_return true;
}

Task<Result<std::uint64_t>> free_space(Reactor& reactor, std::string path) {
    co_return reactor.backend().free_space(path);
}

Task<Result<std::vector<std::byte>>> read_whole_file(Reactor& reactor, std::string path) {
    SLUICE_CO_TRY(File file, co_await File::open(reactor, std::move(path), OpenMode::kRead));
    std::vector<std::byte> content;
    // Read until the end rather than to the size: special files say 0.
    AlignedBuffer buffer(64 * 1024);
    for (;;) {
        auto got = co_await file.read_at(buffer.span(), content.size());
        if (!got.ok()) {
            co_await file.close();
            co_return std::move(got).error();
        }
        content.insert(content.end(), buffer.data(), buffer.data() + *got);
        if (*got < buffer.size()) break;
    }
    co_await file.close();
    co_return content;
}

}  // namespace sluice::io
