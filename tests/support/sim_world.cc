#include "sim_world.h"

#include "sim_backend.h"
#include "sluice/base/check.h"

namespace sluice::io {

SimFaults SimFaults::some(double rate) {
    SimFaults faults;
    faults.read_error = faults.write_error = faults.sync_error = rate;
    faults.metadata_error = rate;
    faults.short_read = faults.short_write = 4 * rate;
    faults.connection_reset = rate;
    faults.no_receive_buffer = faults.accept_error = 4 * rate;
    faults.wall_jump = rate;
    return faults;
}

SimWorld::SimWorld(std::uint64_t seed, SimOptions options, SimDisk disk)
    : seed_(seed), options_(options), random_(seed), disk_(std::move(disk)) {}

SimWorld::~SimWorld() = default;

int SimWorld::add_descriptor(Descriptor descriptor) {
    if (free_descriptors_.empty()) {
        descriptors_.push_back(std::move(descriptor));
        return static_cast<int>(descriptors_.size() - 1);
    }
    const int fd = free_descriptors_.back();
    free_descriptors_.pop_back();
    descriptors_[static_cast<std::size_t>(fd)] = std::move(descriptor);
    return fd;
}

// A closed or made-up descriptor is a bug of the caller, not a fault of the world.
SimWorld::Descriptor& SimWorld::descriptor(int fd) {
    SLUICE_CHECK(fd >= 0 && static_cast<std::size_t>(fd) < descriptors_.size());
    Descriptor& found = descriptors_[static_cast<std::size_t>(fd)];
    SLUICE_CHECK(found.kind != Descriptor::Kind::kFree);
    return found;
}

std::int64_t SimWorld::draw(std::int64_t low, std::int64_t high) {
    const std::int64_t latency = random_.between(low, high);
    return random_.below(64) == 0 ? 20 * latency : latency;
}

std::int64_t SimWorld::disk_latency_ns() {
    return draw(options_.disk_latency_min_ns, options_.disk_latency_max_ns);
}

std::int64_t SimWorld::network_latency_ns() {
    return draw(options_.network_latency_min_ns, options_.network_latency_max_ns);
}

int SimWorld::injected_error(double probability) {
    ++file_operations_;
    if (options_.faults.nth_operation > 0 && --options_.faults.nth_operation == 0) {
        return -options_.faults.nth_errno;
    }
    return probability > 0 && random_.chance(probability) ? -5 : 0;  // EIO
}

void SimWorld::trace(OperationKind kind, std::int64_t result) {
    std::uint64_t word = static_cast<std::uint64_t>(kind) << 56 ^
                         static_cast<std::uint64_t>(result) ^
                         static_cast<std::uint64_t>(now_ns_) << 8;
    word *= 0x9E3779B97F4A7C15;
    trace_ = (trace_ ^ word ^ (word >> 29)) * 0xBF58476D1CE4E5B9;
}

SimDisk SimWorld::crash() {
    SLUICE_CHECK(!crashed_);
    crashed_ = true;
    for (SimBackend* backend : backends_) {
        // In the order of submission: the heap's own order depends on nothing else either.
        for (const SimBackend::Event& event : backend->events_) backend->tear(*event.operation);
        backend->events_.clear();
        backend->in_flight_ = 0;
    }
    descriptors_.clear();
    free_descriptors_.clear();
    disk_.crash(random_);
    return std::move(disk_);
}

}  // namespace sluice::io
