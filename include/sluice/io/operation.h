// One I/O: the request, and the object that its completion calls.
//
// An Operation lies where its caller keeps it, usually in a coroutine's frame, so an I/O allocates
// nothing. It and everything it points to stay alive and in place from Backend::submit() until the
// last completion: cancelling asks the kernel to hurry, it does not end the wait.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "sluice/base/bytes.h"
#include "sluice/io/runnable.h"

namespace sluice::io {

class Backend;

enum class OperationKind : std::uint8_t {
    // Files. `path` is absolute or relative to the process.
    kOpen,        // path, flags (OpenMode) -> descriptor
    kRead,        // fd, data, length, offset -> bytes
    kWrite,       // fd, data, length, offset, flags & kDurable -> bytes
    kSync,        // fd, flags & kDataOnly
    kAllocate,    // fd, offset, length: reserves space; the size grows, the new bytes read as zeros
    kTruncate,    // fd, offset = new size
    kStat,        // path, or fd if path is null -> offset = size, flags = kDirectory
    kRename,      // path, path_to: replaces what is there
    kRemoveFile,  // path
    kMakeDirectory,  // path
    // Sockets.
    kAccept,   // fd of a listener -> descriptor; repeats
    kConnect,  // fd, data = address as the backend's resolve() gave it, length
    kReceive,  // fd -> bytes in a buffer of the backend; flags & kRepeat: until it ends by itself
    kReceiveInto,  // fd, data, length, flags & kAll -> bytes
    kSend,         // fd, data, length, then data2, length2: -> bytes, possibly fewer
    kShutdown,     // fd
    // Both.
    kClose,  // fd
};

// The result that one completion brings.
struct Completion {
    std::int64_t result = 0;  // as the kind says, or a negative errno
    // kReceive: the bytes, in a buffer that goes back by Backend::release_buffer(buffer_id).
    ByteSpan bytes;
    std::uint16_t buffer_id = 0;
    bool more = false;  // the operation goes on and will complete again
};

class Operation {
public:
    // Bits of `flags`.
    static constexpr std::uint32_t kDurable = 1;      // kWrite: on stable storage when it completes
    static constexpr std::uint32_t kDataOnly = 2;     // kSync: fdatasync
    static constexpr std::uint32_t kRepeat = 4;       // kReceive: multishot
    static constexpr std::uint32_t kAll = 8;          // kReceiveInto: the whole length
    static constexpr std::uint32_t kDirectory = 16;   // kOpen: to sync it; kStat: the answer
    static constexpr std::uint32_t kBuffered = 32;    // kOpen: without O_DIRECT
    static constexpr std::uint32_t kForWriting = 64;  // kOpen: read and write
    static constexpr std::uint32_t kExclusive = 128;  // kOpen: must not exist, is created
    static constexpr std::uint32_t kSendingOnly = 256;  // kShutdown: the peer may go on sending

    explicit Operation(OperationKind kind_, int fd_ = -1) : kind(kind_), fd(fd_) {}
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;

    // Called from Backend::turn(), never from submit() or cancel().
    virtual void complete(const Completion& completion) = 0;

    OperationKind kind;
    bool in_flight = false;         // kept by the backend
    bool cancel_requested = false;  // kept by the backend
    std::uint8_t padding = 0;
    int fd;
    std::uint32_t flags = 0;
    const std::byte* data = nullptr;  // written to by kRead and kReceiveInto
    std::size_t length = 0;
    std::uint64_t offset = 0;
    union {
        const char* path = nullptr;
        const std::byte* data2;
    };
    union {
        const char* path_to = nullptr;
        std::size_t length2;
    };
    Operation* next = nullptr;       // the backend's, while in flight
    std::uint64_t backend_word = 0;  // likewise
    void* scratch = nullptr;         // likewise

protected:
    ~Operation() = default;
};

// An Operation that completes once and resumes the coroutine that awaits it:
//
//     IoAwaiter write(backend, OperationKind::kWrite, fd);
//     write.data = ...;
//     const std::int64_t result = co_await write;
class IoAwaiter final : public Operation, public CoroutineRunnable {
public:
    IoAwaiter(Backend& backend, OperationKind kind_, int fd_ = -1)
        : Operation(kind_, fd_), backend_(backend) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self);
    std::int64_t await_resume() const noexcept { return result_; }

    void complete(const Completion& completion) override;

private:
    Backend& backend_;
    std::int64_t result_ = 0;
};

}  // namespace sluice::io
