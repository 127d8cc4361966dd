#include "sluice/io/uring_backend.h"

#include <sys/eventfd.h>
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
#include "uring_entries.h"

namespace sluice::io {

namespace {

// user_data that is no Operation's address. Addresses are multiples of eight and never below a
// page, so the small numbers and the odd bits are free.
constexpr std::uint64_t kIgnore = 0;       // a cancel: only the operation it meant matters
constexpr std::uint64_t kEventFdRead = 1;  // wake_from_any_thread()
constexpr std::uint64_t kWake = 2;         // another core's MSG_RING, on arrival
constexpr std::uint64_t kWakeSent = 4;     // | the target's eventfd << 32: a MSG_RING that failed

// What an operator can do about it: the errno alone says nothing.
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

// An Operation is in one of four places, and in_flight_ counts them together:
//
//     waiting_first_ ...   the submission queue had no place for it; turn() tries again
//     the ring             the kernel has its address
//     immediate_           it is over without the kernel having seen it
//     completed            not any more: complete() has been called with `more` unset
//
// A cancel takes it out of the first place at once. In the second the kernel is asked, and the
// operation stays until its last completion: until then the kernel may write to what it points to.
class UringBackend final : public Backend {
public:
    ~UringBackend() override;

    Result<void> start(const UringOptions& options);

    void submit(Operation& operation) override;
    void cancel(Operation& operation) override;
    void release_buffer(std::uint16_t buffer_id) override { buffers_.give(buffer_id); }
    void turn(std::int64_t deadline_ns) override;
    bool has_completions() const override;
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
    bool try_cancel(Operation& operation);
    void submit_waiting();
    void enter(std::int64_t deadline_ns);
    void reap();
    void complete(const io_uring_cqe& entry);
    void wake_failed(std::uint64_t user_data);
    void arm_event_fd();

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
    UringEntries entries_;
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

// Nothing but a full queue makes this enter the kernel between two turns. If it is still full then,
// because the kernel had no memory for requests, the caller has to wait: null.
io_uring_sqe* UringBackend::next_entry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    if (entry == nullptr) [[unlikely]] {
        metrics_.enters.add();
        io_uring_submit(&ring_);
        entry = io_uring_get_sqe(&ring_);
    }
    return entry;
}

// Behind others that wait it waits too, although there may be a place by now: operations reach the
// kernel in the order in which they were submitted.
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
    entries_.prepare(*entry, operation);
    io_uring_sqe_set_data(entry, &operation);
    metrics_.submissions.add();
    return true;
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
    // These are completed first, and on a copy: a completion may submit, and so add to the list.
    // The kernel is then asked without waiting, because there is something to do.
    if (!immediate_.empty()) {
        deadline_ns = 0;
        std::vector<Immediate> ended;
        ended.swap(immediate_);
        for (const Immediate& end : ended) {
            SLUICE_CHECK(end.operation->in_flight && in_flight_ != 0);
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
    // Nothing to submit, and the kernel has no work of ours that it put off: the call would do
    // nothing. Without the flag (kernels before 5.19) it has to be made to find out.
    const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
    const bool idle = task_run_flag_ && io_uring_sq_ready(&ring_) == 0 &&
                      (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) == 0;
    if (flags & IORING_SQ_CQ_OVERFLOW) metrics_.overflows.add();
    if (idle) return;
    metrics_.enters.add();
    io_uring_submit_and_get_events(&ring_);
}

bool UringBackend::has_completions() const {
    const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
    return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0 ||
           io_uring_cq_ready(&ring_) > 0;
}

// Only what is there now: what completions start belongs to the next turn.
void UringBackend::reap() {
    const unsigned count = io_uring_cq_ready(&ring_);
    unsigned head = *ring_.cq.khead;
    for (unsigned i = 0; i < count; ++i, ++head) {
        // Given back before it is looked at: what complete() starts may need the place.
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
    // A buffer may come without bytes, at the end of a stream: the pool must not shrink by it.
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
    // Settled before complete(), which may destroy the operation or submit it anew.
    if (!completion.more) {
        SLUICE_CHECK(operation.in_flight && in_flight_ != 0);
        operation.in_flight = false;
        --in_flight_;
        entries_.finish(operation);
        if (operation.cancel_requested && !cancels_waiting_.empty()) {
            std::erase(cancels_waiting_, &operation);
        }
    }
    operation.complete(completion);
}

// One read of the eventfd is always in the ring, so that a write to it ends the wait like any other
// completion. Whoever writes while none is armed loses nothing: the count stays in the eventfd.
void UringBackend::arm_event_fd() {
    io_uring_sqe* entry = next_entry();
    if (entry == nullptr) return;
    io_uring_prep_read(entry, event_fd_, &event_value_, sizeof event_value_, 0);
    io_uring_sqe_set_data64(entry, kEventFdRead);
    event_fd_armed_ = true;
}

// An entry of our own ring, which goes out with this turn's enter: waking costs no system call. The
// kernel posts a completion to the other ring, which ends its wait.
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
