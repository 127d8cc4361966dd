#include "uring_entries.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/base/units.h"

namespace sluice::io {

namespace {

// Largest transfer of one read or write: keeps lengths in 32 bits with room for alignment.
constexpr std::size_t kTransferBytesMax = kGiB;

// O_DIRECT, because the log must know when bytes are on the device, and because segments have a
// cache of their own, which knows what a query will need again; the page cache would hold the same
// bytes twice. File::open() asks for kBuffered where the file system has no O_DIRECT.
int open_flags(std::uint32_t flags) {
    if (flags & Operation::kDirectory) return O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int system = O_CLOEXEC | ((flags & Operation::kBuffered) ? 0 : O_DIRECT);
    system |= (flags & Operation::kForWriting) ? O_RDWR : O_RDONLY;
    if (flags & Operation::kExclusive) system |= O_CREAT | O_EXCL;
    return system;
}

// Pages of their own: the ring has to begin at one, and the buffers get huge pages where there are.
void* map(std::size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

ReceiveBuffers::~ReceiveBuffers() {
    if (ring_ != nullptr) munmap(ring_, ring_bytes_);
    if (memory_ != nullptr) munmap(memory_, memory_bytes_);
}

int ReceiveBuffers::start(io_uring& ring, std::uint32_t count, std::uint32_t buffer_bytes) {
    SLUICE_CHECK(std::has_single_bit(count) && count <= 32768);
    count_ = count;
    buffer_bytes_ = buffer_bytes;
    ring_bytes_ = count * sizeof(io_uring_buf);
    memory_bytes_ = std::size_t{count} * buffer_bytes;
    void* shared = map(ring_bytes_);
    void* memory = map(memory_bytes_);
    ring_ = static_cast<io_uring_buf_ring*>(shared);
    memory_ = static_cast<std::byte*>(memory);
    if (shared == nullptr || memory == nullptr) return -ENOMEM;
    madvise(memory, memory_bytes_, MADV_HUGEPAGE);
    io_uring_buf_reg registration = {};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(ring_);
    registration.ring_entries = count;
    registration.bgid = kBufferGroup;
    const int result = io_uring_register_buf_ring(&ring, &registration, 0);
    if (result != 0) return result;
    // Registered empty, and then filled with every buffer: from here on each is either the kernel's
    // or lent to somebody who gives it back once.
    ring_->tail = 0;
    for (std::uint32_t id = 0; id < count; ++id) give(static_cast<std::uint16_t>(id));
    return 0;
}

// Everything that an entry points to stays where it is until the last completion: the caller's
// buffers and paths, the Operation, and the Scratch that is taken here. The kernel copies some of
// it when it takes the entry, but which, and in which version, is not relied upon.
void UringEntries::prepare(io_uring_sqe& entry, Operation& operation) {
    if (operation.kind < OperationKind::kAccept) {
        prepare_file(entry, operation);
    } else {
        prepare_socket(entry, operation);
    }
}

void UringEntries::prepare_file(io_uring_sqe& entry, Operation& operation) {
    const auto length = static_cast<unsigned>(std::min(operation.length, kTransferBytesMax));
    switch (operation.kind) {
        case OperationKind::kOpen:
            io_uring_prep_openat(&entry, AT_FDCWD, operation.path, open_flags(operation.flags),
                                 0640);
            break;
        case OperationKind::kRead:
            io_uring_prep_read(&entry, operation.fd, const_cast<std::byte*>(operation.data), length,
                               operation.offset);
            break;
        case OperationKind::kWrite:
            io_uring_prep_write(&entry, operation.fd, operation.data, length, operation.offset);
            // A device with a write-through flag (FUA) makes this one command instead of two.
            if (operation.flags & Operation::kDurable) entry.rw_flags = RWF_DSYNC;
            break;
        case OperationKind::kSync:
            io_uring_prep_fsync(
                &entry, operation.fd,
                (operation.flags & Operation::kDataOnly) ? IORING_FSYNC_DATASYNC : 0);
            break;
        case OperationKind::kAllocate:
            io_uring_prep_fallocate(&entry, operation.fd, 0, static_cast<off_t>(operation.offset),
                                    static_cast<off_t>(operation.length));
            break;
        case OperationKind::kTruncate:
            io_uring_prep_rw(kOpFtruncate, &entry, operation.fd, nullptr, 0, operation.offset);
            break;
        case OperationKind::kStat: {
            struct statx& status = take_scratch(operation).status;
            const bool by_path = operation.path != nullptr;
            io_uring_prep_statx(&entry, by_path ? AT_FDCWD : operation.fd,
                                by_path ? operation.path : "", by_path ? 0 : AT_EMPTY_PATH,
                                STATX_SIZE | STATX_TYPE, &status);
            break;
        }
        case OperationKind::kRename:
            io_uring_prep_renameat(&entry, AT_FDCWD, operation.path, AT_FDCWD, operation.path_to,
                                   0);
            break;
        case OperationKind::kRemoveFile:
            io_uring_prep_unlinkat(&entry, AT_FDCWD, operation.path, 0);
            break;
        case OperationKind::kMakeDirectory:
            io_uring_prep_mkdirat(&entry, AT_FDCWD, operation.path, 0750);
            break;
        default:
            SLUICE_CHECK(false);
    }
}

void UringEntries::prepare_socket(io_uring_sqe& entry, Operation& operation) {
    switch (operation.kind) {
        case OperationKind::kAccept:
            io_uring_prep_multishot_accept(&entry, operation.fd, nullptr, nullptr, SOCK_CLOEXEC);
            break;
        case OperationKind::kConnect:
            io_uring_prep_connect(&entry, operation.fd,
                                  reinterpret_cast<const sockaddr*>(operation.data),
                                  static_cast<socklen_t>(operation.length));
            break;
        case OperationKind::kReceive:
            // Without a buffer of ours: the kernel picks one of the pool when bytes are there, so a
            // connection that sends nothing holds none.
            if (operation.flags & Operation::kRepeat) {
                io_uring_prep_recv_multishot(&entry, operation.fd, nullptr, 0, 0);
            } else {
                io_uring_prep_recv(&entry, operation.fd, nullptr, 0, 0);
            }
            entry.flags |= IOSQE_BUFFER_SELECT;
            entry.buf_group = kBufferGroup;
            break;
        case OperationKind::kReceiveInto:
            io_uring_prep_recv(&entry, operation.fd, const_cast<std::byte*>(operation.data),
                               std::min(operation.length, kTransferBytesMax),
                               (operation.flags & Operation::kAll) ? MSG_WAITALL : 0);
            break;
        case OperationKind::kSend:
            if (operation.length2 == 0) {
                io_uring_prep_send(&entry, operation.fd, operation.data,
                                   std::min(operation.length, kTransferBytesMax),
                                   MSG_NOSIGNAL | MSG_WAITALL);
            } else {
                auto& message = take_scratch(operation).message;
                message.parts[0] = {const_cast<std::byte*>(operation.data), operation.length};
                message.parts[1] = {const_cast<std::byte*>(operation.data2), operation.length2};
                message.header = {};
                message.header.msg_iov = message.parts;
                message.header.msg_iovlen = 2;
                io_uring_prep_sendmsg(&entry, operation.fd, &message.header,
                                      MSG_NOSIGNAL | MSG_WAITALL);
            }
            break;
        case OperationKind::kShutdown:
            io_uring_prep_shutdown(
                &entry, operation.fd,
                (operation.flags & Operation::kSendingOnly) ? SHUT_WR : SHUT_RDWR);
            break;
        case OperationKind::kClose:
            io_uring_prep_close(&entry, operation.fd);
            break;
        default:
            SLUICE_CHECK(false);
    }
}

// Chunks are never given back: there are as many as operations were ever in flight at a time, and
// an entry of the kernel may point into any of them.
Scratch& UringEntries::take_scratch(Operation& operation) {
    SLUICE_CHECK(operation.scratch == nullptr);
    constexpr std::size_t kChunk = 64;
    if (scratch_free_ == nullptr) {
        scratch_chunks_.push_back(std::make_unique<Scratch[]>(kChunk));
        for (std::size_t i = 0; i < kChunk; ++i) {
            Scratch& scratch = scratch_chunks_.back()[i];
            scratch.next_free = scratch_free_;
            scratch_free_ = &scratch;
        }
    }
    Scratch& scratch = *scratch_free_;
    scratch_free_ = scratch.next_free;
    operation.scratch = &scratch;
    return scratch;
}

void UringEntries::finish(Operation& operation) {
    if (operation.scratch == nullptr) return;
    auto* scratch = static_cast<Scratch*>(std::exchange(operation.scratch, nullptr));
    if (operation.kind == OperationKind::kStat) {
        operation.offset = scratch->status.stx_size;
        operation.flags = S_ISDIR(scratch->status.stx_mode) ? Operation::kDirectory : 0;
    }
    scratch->next_free = scratch_free_;
    scratch_free_ = scratch;
}

}  // namespace sluice::io
