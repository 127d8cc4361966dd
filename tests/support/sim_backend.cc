#include "sim_backend.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "sluice/base/check.h"
#include "sluice/io/reactor.h"
#include "sluice/io/timer.h"

namespace sluice::io {

SimBackend::SimBackend(std::uint64_t seed, SimOptions options, SimDisk disk)
    : own_world_(std::make_unique<SimWorld>(seed, options, std::move(disk))), world_(*own_world_) {
    world_.backends_.push_back(this);
}

SimBackend::SimBackend(SimWorld& world) : world_(world) {
    world_.backends_.push_back(this);
}

SimBackend::~SimBackend() {
    SLUICE_CHECK(in_flight_ == 0 || abandoning());
    std::erase(world_.backends_, this);
}

bool SimBackend::has_completions() const {
    return woken_ || next_event_ns() <= world_.now_ns_;
}

std::int64_t SimBackend::next_event_ns() const {
    return events_.empty() ? kNoDeadline : events_.front().at_ns;
}

void SimBackend::schedule(Operation& operation, std::int64_t latency_ns, bool cancelled) {
    events_.push_back({world_.now_ns_ + latency_ns, next_sequence_++, &operation, cancelled});
    std::push_heap(events_.begin(), events_.end());
}

void SimBackend::submit(Operation& operation) {
    if (world_.crashed_) return;
    SLUICE_CHECK(!operation.in_flight);
    operation.in_flight = true;
    operation.cancel_requested = false;
    ++in_flight_;
    metrics_.submissions.add();
    if (operation.kind >= OperationKind::kAccept && operation.kind != OperationKind::kClose) {
        submit_socket(operation);
        return;
    }
    if (operation.kind == OperationKind::kSync) begin_sync(operation);
    schedule(operation, world_.disk_latency_ns());
}

void SimBackend::cancel(Operation& operation) {
    if (world_.crashed_ || !operation.in_flight || operation.cancel_requested) return;
    operation.cancel_requested = true;
    // Files run to their end, and so does what is about to complete anyway.
    if (operation.kind < OperationKind::kAccept || operation.kind > OperationKind::kSend) return;
    if (operation.kind == OperationKind::kConnect) return;
    SimSocket& socket = *world_.descriptor(operation.fd).socket;
    SimSocket::Waiting& waiting = waiting_place(operation, socket);
    if (waiting.operation != &operation || waiting.scheduled) return;
    waiting.scheduled = true;
    schedule(operation, world_.network_latency_ns(), true);
}

void SimBackend::finish(Operation& operation, const Completion& completion) {
    SLUICE_CHECK(operation.in_flight);
    world_.trace(operation.kind, completion.result);
    metrics_.completions.add();
    if (!completion.more) {
        operation.in_flight = false;
        --in_flight_;
    }
    operation.complete(completion);
}

void SimBackend::perform(const Event& event) {
    Operation& operation = *event.operation;
    if (operation.kind < OperationKind::kAccept) {
        finish(operation, perform_file(operation));
    } else if (operation.kind == OperationKind::kClose) {
        const int fd = operation.fd;
        SimWorld::Descriptor& descriptor = world_.descriptor(fd);
        if (descriptor.kind == SimWorld::Descriptor::Kind::kSocket) close_socket(descriptor.socket);
        world_.descriptor(fd) = {};
        world_.free_descriptors_.push_back(fd);
        finish(operation, 0);
    } else {
        perform_socket(event);
    }
}

void SimBackend::turn(std::int64_t deadline_ns) {
    if (world_.crashed_) return;
    if (woken_) {
        woken_ = false;
        deadline_ns = 0;
    }
    if (deadline_ns != 0) {
        const std::int64_t next_ns = std::min(deadline_ns, next_event_ns());
        if (next_ns == kNoDeadline) {
            std::fprintf(stderr,
                         "simulation: everything waits and nothing will happen, seed %llu\n",
                         static_cast<unsigned long long>(world_.seed_));
            SLUICE_CHECK(next_ns != kNoDeadline);
        }
        world_.advance_to(next_ns);
    }
    // What completions start takes time: it is not due in this turn.
    while (!events_.empty() && events_.front().at_ns <= world_.now_ns_) {
        const Event event = events_.front();
        std::pop_heap(events_.begin(), events_.end());
        events_.pop_back();
        perform(event);
        if (world_.crashed_) return;
    }
}

// A look costs a little; now and then the core was away for longer than a time slice.
std::int64_t SimBackend::monotonic_ns() {
    const std::uint64_t draw = world_.random_.below(1024);
    world_.now_ns_ += draw == 0 ? 600'000 : 20;
    return world_.now_ns_;
}

std::int64_t SimBackend::wall_ns() {
    const double jump = world_.options_.faults.wall_jump;
    if (jump > 0 && world_.random_.chance(jump)) {
        constexpr std::int64_t kDay = 86'400'000'000'000;
        world_.jump_wall_ns(world_.random_.between(-kDay, kDay));
    }
    return world_.options_.start_wall_ns + world_.wall_offset_ns_ + world_.now_ns_;
}

void SimBackend::wake(Backend& other) {
    static_cast<SimBackend&>(other).woken_ = true;
}

Result<std::vector<DirectoryEntry>> SimBackend::list_directory(const std::string& path) {
    const SimInodeRef inode = world_.disk_.find(path);
    if (inode == nullptr || !inode->is_directory) {
        Error error = os_failure(ENOENT, "list directory " + path);
        error.kind = ErrorKind::kNotFound;
        return error;
    }
    std::vector<DirectoryEntry> entries = world_.disk_.list(*inode);
    // File systems list in no useful order.
    for (std::size_t i = entries.size(); i > 1; --i) {
        std::swap(entries[i - 1], entries[world_.random_.below(i)]);
    }
    return entries;
}

Result<std::uint64_t> SimBackend::free_space(const std::string&) {
    return world_.disk_.free_bytes();
}

void SimBackend::release_buffer(std::uint16_t buffer_id) {
    free_buffers_.push_back(buffer_id);
}

void SimBackend::close_now(int fd) {
    if (world_.crashed_) return;
    SimWorld::Descriptor& descriptor = world_.descriptor(fd);
    if (descriptor.socket != nullptr) close_socket(descriptor.socket);
    descriptor = {};
    world_.free_descriptors_.push_back(fd);
}

}  // namespace sluice::io
