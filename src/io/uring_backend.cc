// The only file that meets liburing.
//
// Written against liburing 2.3; what is newer is probed by number at start.
#include "sluice/io/uring_backend.h"

#include <fcntl.h>
#include <liburing.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "sluice/base/check.h"
#include "sluice/base/units.h"
#include "sluice/io/timer.h"
#include "system_calls.h"

namespace sluice::io {

namespace {

// user_data that is no Operation's address.
constexpr std::uint64_t kIgnore = 0;       // a cancel: only the operation it meant matters
constexpr std::uint64_t kEventFdRead = 1;  // wake_from_any_thread()
constexpr std::uint64_t kWake = 2;         // another core's MSG_RING, on arrival
constexpr std::uint64_t kWakeSent = 4;     // | the target's eventfd << 32: a MSG_RING that failed

constexpr std::uint16_t kBufferGroup = 0;
// Largest transfer of one read or write: keeps lengths in 32 bits with room for alignment.
constexpr std::size_t kTransferBytesMax = kGiB;

// IORING_OP_FTRUNCATE of Linux 6.9, which liburing's header may not name.
constexpr int kOpFtruncate = 55;

// What the kernel reads or writes beside the Operation itself.
union Scratch {
    struct {
        msghdr header;
        iovec parts[2];
    } message;
    struct statx status;
    Scratch* next_free;
};

int open_flags(std::uint32_t flags) {
    if (flags & Operation::kDirectory) return O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int system = O_CLOEXEC | ((flags & Operation::kBuffered) ? 0 : O_DIRECT);
    system |= (flags & Operation::kForWriting) ? O_RDWR : O_RDONLY;
    if (flags & Operation::kExclusive) system |= O_CREAT | O_EXCL;
    return system;
}

std::string why_forbidden(int os_error) {
    std::string setting;
    std::ifstream("/proc/sys/kernel/io_uring_disabled") >> setting;
    if (setting == "1" || setting == "2") {
        return "io_uring is disabled on this machine: set sysctl kernel.io_uring_disabled to 0";
    }
    if (os_error == ENOSYS) return "this kernel has no io_uring: Sluice needs Linux 6.0 or newer";
    return "io_uring is forbidden for this process: a container's seccomp profile, or a service "
           "manager's SystemCallFilter, must allow io_uring_setup, io_uring_enter and "
           "io_uring_register";
}

// ---------------------------------------------------------------------------------------------
// The pool of receive buffers that the kernel picks from (a provided buffer ring).
class ReceiveBuffers {
public:
    ReceiveBuffers() = default;
    ReceiveBuffers(const ReceiveBuffers&) = delete;
    ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;
    ~ReceiveBuffers() {
        if (ring_ != nullptr) munmap(ring_, ring_bytes_);
        if (memory_ != nullptr) munmap(memory_, memory_bytes_);
    }

    // 0, or a negative errno.
    int start(io_uring& ring, std::uint32_t count, std::uint32_t buffer_bytes) {
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
        ring_->tail = 0;
        for (std::uint32_t id = 0; id < count; ++id) give(static_cast<std::uint16_t>(id));
        return 0;
    }

    const std::byte* at(std::uint16_t id) const {
        return memory_ + std::size_t{id} * buffer_bytes_;
    }

    void give(std::uint16_t id) {
        io_uring_buf_ring_add(ring_, memory_ + std::size_t{id} * buffer_bytes_, buffer_bytes_, id,
                              static_cast<int>(count_ - 1), 0);
        io_uring_buf_ring_advance(ring_, 1);
    }

private:
    static void* map(std::size_t bytes) {
        void* memory =
            mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return memory == MAP_FAILED ? nullptr : memory;
    }

    io_uring_buf_ring* ring_ = nullptr;
    std::byte* memory_ = nullptr;
    std::size_t ring_bytes_ = 0;
    std::size_t memory_bytes_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t buffer_bytes_ = 0;
};

// ---------------------------------------------------------------------------------------------
class UringBackend final : public Backend {
public:
    ~UringBackend() override;

    Result<void> start(const UringOptions& options);

    void submit(Operation& operation) override;
    void cancel(Operation& operation) override;
    void release_buffer(std::uint16_t buffer_id) override { buffers_.give(buffer_id); }
    void turn(std::int64_t deadline_ns) override;
    void wake(Backend& other) override;
    void wake_from_any_thread() override;

    std::int64_t monotonic_ns() override { return system_monotonic_ns(); }
    std::int64_t wall_ns() override { return system_wall_ns(); }
    Result<std::vector<DirectoryEntry>> list_directory(const std::string& path) override {
        return system_list_directory(path);
    }
    Result<std::uint64_t> free_space(const std::string& path) override {
        return system_free_space(path);
    }
    Result<int> listen(const std::string& address, std::uint16_t port) override {
        return system_listen(address, port);
    }
    Result<std::uint16_t> local_port(int fd) override { return system_local_port(fd); }
    std::string peer_address(int fd) override { return system_peer_address(fd); }
    Result<int> open_socket(const std::string& address, std::uint16_t port,
                            std::vector<std::byte>& resolved) override {
        return system_open_socket(address, port, resolved);
    }
    void close_now(int fd) override { ::close(fd); }

private:
    int set_up_ring(const UringOptions& options);
    io_uring_sqe* next_entry();
    bool try_submit(Operation& operation);
    void prepare_file(io_uring_sqe& entry, Operation& operation);
    void prepare_socket(io_uring_sqe& entry, Operation& operation);
    bool try_cancel(Operation& operation);
    void submit_waiting();
    void enter(std::int64_t deadline_ns);
    void reap();
    void complete(const io_uring_cqe& entry);
    void wake_failed(std::uint64_t user_data);
    void arm_event_fd();
    Scratch& take_scratch(Operation& operation);
    void give_scratch(Operation& operation);

    io_uring ring_ = {};
    bool ring_made_ = false;
    bool task_run_flag_ = false;  // the kernel says when it has deferred work
    bool has_ftruncate_ = false;
    bool messages_work_ = true;
    int event_fd_ = -1;
    bool event_fd_armed_ = false;
    std::uint64_t event_value_ = 0;
    std::size_t in_flight_ = 0;
    ReceiveBuffers buffers_;
    // Operations and cancels for which the submission queue had no place.
    Operation* waiting_first_ = nullptr;
    Operation* waiting_last_ = nullptr;
    std::vector<Operation*> cancels_waiting_;
    // Completed without the kernel: what it does not offer, or was cancelled while waiting.
    struct Immediate {
        Operation* operation;
        std::int64_t result;
    };
    std::vector<Immediate> immediate_;
    std::vector<std::unique_ptr<Scratch[]>> scratch_chunks_;
    Scratch* scratch_free_ = nullptr;
};

UringBackend::~UringBackend() {
    // Whoever started an operation has awaited its completion: the kernel holds no pointer of ours.
    SLUICE_CHECK(in_flight_ == 0);
    if (ring_made_) io_uring_queue_exit(&ring_);
    if (event_fd_ >= 0) ::close(event_fd_);
}

// Newest set of features first: deferred task work (6.1), cooperative task work (5.19), plain.
int UringBackend::set_up_ring(const UringOptions& options) {
    constexpr unsigned kCommon = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL;
    constexpr unsigned kAttempts[] = {
        kCommon | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
            IORING_SETUP_TASKRUN_FLAG,
        kCommon | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, kCommon};
    int result = -EINVAL;
    for (const unsigned flags : kAttempts) {
        io_uring_params params = {};
        params.flags = flags;
        params.cq_entries = options.completion_entries;
        result = io_uring_queue_init_params(options.submission_entries, &ring_, &params);
        task_run_flag_ = (flags & IORING_SETUP_TASKRUN_FLAG) != 0;
        if (result != -EINVAL) break;
    }
    return result;
}

Result<void> UringBackend::start(const UringOptions& options) {
    int result = set_up_ring(options);
    if (result == -EPERM || result == -ENOSYS || result == -EACCES) {
        return Error{ErrorKind::kUnsupported, why_forbidden(-result), -result};
    }
    if (result < 0) return os_failure(-result, "set up io_uring");
    ring_made_ = true;
    // Saves looking up the descriptor in each enter; 5.18 has it, and nothing depends on it.
    io_uring_register_ring_fd(&ring_);
    result = buffers_.start(ring_, options.receive_buffer_count, options.receive_buffer_bytes);
    if (result == -EINVAL) {
        return Error{ErrorKind::kUnsupported,
                     "this kernel's io_uring is too old: Sluice needs Linux 6.0 or newer", EINVAL};
    }
    if (result < 0) return os_failure(-result, "register receive buffers");
    if (io_uring_probe* probe = io_uring_get_probe_ring(&ring_)) {
        has_ftruncate_ = io_uring_opcode_supported(probe, kOpFtruncate) != 0;
        io_uring_free_probe(probe);
    }
    event_fd_ = eventfd(0, EFD_CLOEXEC);
    if (event_fd_ < 0) return os_failure(errno, "create an eventfd");
    arm_event_fd();
    return {};
}

io_uring_sqe* UringBackend::next_entry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry == nullptr) [[unlikely]] {
        metrics_.enters.add();
        io_uring_submit(&ring_);
        entry = io_uring_get_sqe(&ring_);
    }
    return entry;
}

void UringBackend::submit(Operation& operation) {
    SLUICE_CHECK(!operation.in_flight);
    operation.in_flight = true;
    operation.cancel_requested = false;
    operation.scratch = nullptr;
    ++in_flight_;
    if (waiting_first_ == nullptr && try_submit(operation)) [[likely]]
        return;
    operation.next = nullptr;
    (waiting_first_ == nullptr ? waiting_first_ : waiting_last_->next) = &operation;
    waiting_last_ = &operation;
}

bool UringBackend::try_submit(Operation& operation) {
    if (operation.kind == OperationKind::kTruncate && !has_ftruncate_) {
        const int result = ftruncate(operation.fd, static_cast<off_t>(operation.offset));
        immediate_.push_back({&operation, result == 0 ? 0 : -errno});
        return true;
    }
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return false;
    if (operation.kind < OperationKind::kAccept) {
        prepare_file(*entry, operation);
    } else {
        prepare_socket(*entry, operation);
    }
    io_uring_sqe_set_data(entry, &operation);
    metrics_.submissions.add();
    return true;
}

void UringBackend::prepare_file(io_uring_sqe& entry, Operation& operation) {
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

void UringBackend::prepare_socket(io_uring_sqe& entry, Operation& operation) {
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

Scratch& UringBackend::take_scratch(Operation& operation) {
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

void UringBackend::give_scratch(Operation& operation) {
    auto* scratch = static_cast<Scratch*>(std::exchange(operation.scratch, nullptr));
    scratch->next_free = scratch_free_;
    scratch_free_ = scratch;
}

void UringBackend::cancel(Operation& operation) {
    if (!operation.in_flight || operation.cancel_requested) return;
    operation.cancel_requested = true;
    for (Operation** link = &waiting_first_; *link != nullptr; link = &(*link)->next) {
        if (*link != &operation) continue;
        *link = operation.next;
        waiting_last_ = nullptr;
        for (Operation* left = waiting_first_; left != nullptr; left = left->next) {
            waiting_last_ = left;
        }
        immediate_.push_back({&operation, -ECANCELED});
        return;
    }
    if (!try_cancel(operation)) cancels_waiting_.push_back(&operation);
}

// Entries are taken by the kernel in order, so a cancel never meets a later operation that happens
// to lie at the same address.
bool UringBackend::try_cancel(Operation& operation) {
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return false;
    io_uring_prep_cancel(entry, &operation, 0);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, kIgnore);
    return true;
}

void UringBackend::submit_waiting() {
    while (waiting_first_ != nullptr) {
        Operation* operation = waiting_first_;
        Operation* next = operation->next;
        if (!try_submit(*operation)) break;
        waiting_first_ = next;
    }
    while (!cancels_waiting_.empty() && try_cancel(*cancels_waiting_.back())) {
        cancels_waiting_.pop_back();
    }
}

void UringBackend::turn(std::int64_t deadline_ns) {
    if (waiting_first_ != nullptr || !cancels_waiting_.empty()) [[unlikely]]
        submit_waiting();
    if (!event_fd_armed_) arm_event_fd();
    if (!immediate_.empty()) {
        deadline_ns = 0;
        std::vector<Immediate> ended;
        ended.swap(immediate_);
        for (const Immediate& end : ended) {
            end.operation->in_flight = false;
            --in_flight_;
            metrics_.completions.add();
            end.operation->complete(Completion{end.result, {}, 0, false});
        }
    }
    enter(deadline_ns);
    reap();
}

// One system call: submits, runs the kernel's deferred work, and waits if asked to. Errors other
// than those of single operations (a signal, a full completion queue, no memory for requests) pass
// by themselves: the entries stay queued for the next turn.
void UringBackend::enter(std::int64_t deadline_ns) {
    if (deadline_ns != 0 && io_uring_cq_ready(&ring_) == 0) {
        io_uring_cqe* unused = nullptr;
        metrics_.enters.add();
        if (deadline_ns == kNoDeadline) {
            io_uring_submit_and_wait(&ring_, 1);
            return;
        }
        const std::int64_t wait_ns = std::max<std::int64_t>(deadline_ns - monotonic_ns(), 0);
        __kernel_timespec wait = {wait_ns / kSecondNs, wait_ns % kSecondNs};
        io_uring_submit_and_wait_timeout(&ring_, &unused, 1, &wait, nullptr);
        return;
    }
    const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
    const bool idle = task_run_flag_ && io_uring_sq_ready(&ring_) == 0 &&
                      (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) == 0;
    if (flags & IORING_SQ_CQ_OVERFLOW) metrics_.overflows.add();
    if (idle) return;
    metrics_.enters.add();
    io_uring_submit_and_get_events(&ring_);
}

// Only what is there now: what completions start belongs to the next turn.
void UringBackend::reap() {
    const unsigned count = io_uring_cq_ready(&ring_);
    unsigned head = *ring_.cq.khead;
    for (unsigned i = 0; i < count; ++i, ++head) {
        const io_uring_cqe entry = ring_.cq.cqes[head & ring_.cq.ring_mask];
        io_uring_cq_advance(&ring_, 1);
        complete(entry);
    }
    metrics_.completions.add(count);
}

void UringBackend::complete(const io_uring_cqe& entry) {
    if (entry.user_data < 4096 || (entry.user_data & 7) == kWakeSent) [[unlikely]] {
        if (entry.user_data == kEventFdRead) {
            event_fd_armed_ = false;
        } else if ((entry.user_data & 7) == kWakeSent) {
            wake_failed(entry.user_data);
        }
        return;
    }
    auto& operation = *reinterpret_cast<Operation*>(entry.user_data);
    Completion completion;
    completion.result = entry.res;
    completion.more = (entry.flags & IORING_CQE_F_MORE) != 0;
    if (entry.flags & IORING_CQE_F_BUFFER) {
        const auto id = static_cast<std::uint16_t>(entry.flags >> IORING_CQE_BUFFER_SHIFT);
        if (entry.res > 0) {
            completion.buffer_id = id;
            completion.bytes = {buffers_.at(id), static_cast<std::size_t>(entry.res)};
        } else {
            buffers_.give(id);
        }
    }
    if (entry.res == -ENOBUFS && operation.kind == OperationKind::kReceive) {
        metrics_.buffers_exhausted.add();
    }
    if (!completion.more) {
        operation.in_flight = false;
        --in_flight_;
        if (operation.scratch != nullptr) {
            if (operation.kind == OperationKind::kStat) {
                const struct statx& status = static_cast<Scratch*>(operation.scratch)->status;
                operation.offset = status.stx_size;
                operation.flags = S_ISDIR(status.stx_mode) ? Operation::kDirectory : 0;
            }
            give_scratch(operation);
        }
        if (operation.cancel_requested && !cancels_waiting_.empty()) {
            std::erase(cancels_waiting_, &operation);
        }
    }
    operation.complete(completion);
}

void UringBackend::arm_event_fd() {
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return;
    io_uring_prep_read(entry, event_fd_, &event_value_, sizeof event_value_, 0);
    io_uring_sqe_set_data64(entry, kEventFdRead);
    event_fd_armed_ = true;
}

void UringBackend::wake(Backend& other) {
    auto& target = static_cast<UringBackend&>(other);
    io_uring_sqe* entry = messages_work_ ? next_entry() : nullptr;
    if (entry == nullptr) return target.wake_from_any_thread();
    io_uring_prep_msg_ring(entry, target.ring_.ring_fd, 0, kWake, 0);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(entry, kWakeSent | static_cast<std::uint64_t>(target.event_fd_) << 32);
}

// Kernels before 6.3 do not post to every kind of ring: go by the eventfd from now on.
void UringBackend::wake_failed(std::uint64_t user_data) {
    messages_work_ = false;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written =
        ::write(static_cast<int>(user_data >> 32), &one, sizeof one);
}

void UringBackend::wake_from_any_thread() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_fd_, &one, sizeof one);
}

}  // namespace

Result<std::unique_ptr<Backend>> make_uring_backend(const UringOptions& options) {
    auto backend = std::make_unique<UringBackend>();
    SLUICE_TRY_VOID(backend->start(options));
    return std::unique_ptr<Backend>(std::move(backend));
}

}  // namespace sluice::io
