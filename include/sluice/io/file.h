// Files read and written past the page cache (O_DIRECT), and the directory operations around them.
//
// Buffers, lengths and offsets are multiples of kDirectIoAlignment: use AlignedBuffer. Reads and
// writes of one file may be in flight at the same time and complete in any order. A failed write or
// sync says nothing about what is on disk: it is not repeated on the same file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/backend.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::io {

// A File belongs to one core. It is not moved, closed or destroyed while one of its operations is
// in flight. close() before destruction does not block; a File that is destroyed open, on the way
// out of an error, closes its descriptor itself, at once.
class File {
public:
    File() = default;
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    static Task<Result<File>> open(Reactor& reactor, std::string path, OpenMode mode);

    bool is_open() const { return fd_ >= 0; }
    const std::string& path() const { return path_; }

    // Reads, and returns the number of bytes: fewer than asked only at the end of the file.
    // `buffer` stays alive until completion.
    Task<Result<std::size_t>> read_at(MutableByteSpan buffer, std::uint64_t offset);
    // Writes all of `data`, or fails. It is not durable before sync(). `data` stays alive until
    // completion.
    Task<Result<void>> write_at(ByteSpan data, std::uint64_t offset);
    // Writes all of `data`, which is on stable storage when this completes (RWF_DSYNC).
    Task<Result<void>> write_durable_at(ByteSpan data, std::uint64_t offset);
    // Makes writes that have completed before durable, and with them the size (fdatasync).
    Task<Result<void>> sync();
    // Reserves space for [offset, offset + length); the file grows, new bytes read as zeros.
    Task<Result<void>> allocate(std::uint64_t offset, std::uint64_t length);
    Task<Result<void>> truncate(std::uint64_t size);
    Task<Result<std::uint64_t>> size();
    Task<void> close();

private:
    File(Reactor& reactor, std::string path, int fd);
    Task<Result<void>> write_all(ByteSpan data, std::uint64_t offset, std::uint32_t flags);
    void close_now();
    Error failure(const char* doing, std::int64_t result) const;

    Reactor* reactor_ = nullptr;
    int fd_ = -1;
    std::string path_;
};

// Directory entries made, renamed or removed are durable after sync_directory() of their directory.
Task<Result<void>> make_directory(Reactor& reactor, std::string path);  // fine if it exists
Task<Result<void>> remove_file(Reactor& reactor, std::string path);
Task<Result<void>> rename_file(Reactor& reactor, std::string from, std::string to);  // replaces
Task<Result<void>> sync_directory(Reactor& reactor, std::string path);
Task<Result<std::vector<DirectoryEntry>>> list_directory(Reactor& reactor, std::string path);
Task<Result<bool>> file_exists(Reactor& reactor, std::string path);
Task<Result<std::uint64_t>> free_space(Reactor& reactor, std::string path);  // bytes
// Reads the whole content of a small file at once.
Task<Result<std::vector<std::byte>>> read_whole_file(Reactor& reactor, std::string path);

}  // namespace sluice::io
