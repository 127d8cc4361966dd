// What all cores of one simulated machine share: the seed, the clock, the disk, the network, the
// faults. One thread; equal seeds and equal programs give equal traces.
//
// Fault classes:
//   disk     reads, writes and syncs fail (EIO) by chance or at the n-th file operation; a failed
//            write may have arrived in part, a failed sync leaves everything in doubt; ENOSPC at a
//            capacity; reads and writes end early; any latency, hence any order of completion; what
//            a crash loses: sim_disk.h; flipped bits: SimDisk::flip_bit
//   clock    stands still while code runs except for a little at each look, now and then more than
//   a
//            time slice; jumps ahead over idle time; the wall clock jumps either way
//   network  reads split anywhere; sends end early; connections are reset; the peer's window fills;
//            receive buffers run out (ENOBUFS); accept fails (EMFILE)
//   cores    run in any order
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim_disk.h"
#include "sim_network.h"
#include "sluice/base/random.h"
#include "sluice/io/operation.h"

namespace sluice::io {

class SimBackend;

// Probabilities are per operation; all zero is a machine without faults (but with latencies, split
// reads and a disk that still forgets what was not synced).
struct SimFaults {
    double read_error = 0;
    double write_error = 0;
    double sync_error = 0;
    double short_read = 0;
    double short_write = 0;
    double metadata_error = 0;  // open, rename, remove, mkdir, allocate, truncate
    // The n-th file operation from now fails with `nth_errno` (counted in all of them); 0: none.
    std::uint64_t nth_operation = 0;
    int nth_errno = 5;  // EIO

    double connection_reset = 0;
    double no_receive_buffer = 0;
    double accept_error = 0;
    double wall_jump = 0;  // per look at the wall clock: by up to a day either way

    // A mix of everything at rates at which a server still gets work done.
    static SimFaults some(double rate);
};

struct SimOptions {
    SimFaults faults;
    // Each operation takes a time drawn from here, now and then twenty times as long.
    std::int64_t disk_latency_min_ns = 10'000;
    std::int64_t disk_latency_max_ns = 200'000;
    std::int64_t network_latency_min_ns = 5'000;
    std::int64_t network_latency_max_ns = 100'000;
    bool split_reads = true;
    std::uint32_t receive_buffer_count = 64;
    std::uint32_t receive_buffer_bytes = 4096;
    std::uint64_t socket_window_bytes = 64 * 1024;
    std::int64_t start_wall_ns = 1'700'000'000'000'000'000;
};

class SimWorld {
public:
    explicit SimWorld(std::uint64_t seed, SimOptions options = {}, SimDisk disk = SimDisk());
    ~SimWorld();

    std::uint64_t seed() const { return seed_; }
    Random& random() { return random_; }
    SimDisk& disk() { return disk_; }
    SimNetwork& network() { return network_; }
    SimFaults& faults() { return options_.faults; }
    const SimOptions& options() const { return options_; }

    std::int64_t now_ns() const { return now_ns_; }
    void advance_to(std::int64_t now_ns) { now_ns_ = now_ns > now_ns_ ? now_ns : now_ns_; }
    void advance_ns(std::int64_t by_ns) { now_ns_ += by_ns; }
    void jump_wall_ns(std::int64_t by_ns) { wall_offset_ns_ += by_ns; }

    // The power fails now. Operations in flight happen wholly, partly or not; nothing completes any
    // more. The disk goes to the next world. Frames and buffers of operations in flight must still
    // be alive; destroy them afterwards, under an Abandon.
    SimDisk crash();
    bool crashed() const { return crashed_; }

    // Changes with every completion: equal for equal runs.
    std::uint64_t trace_hash() const { return trace_; }
    std::uint64_t file_operation_count() const { return file_operations_; }

private:
    friend class SimBackend;

    struct Descriptor {
        enum class Kind : std::uint8_t { kFree, kFile, kSocket };
        Kind kind = Kind::kFree;
        bool writable = false;
        SimInodeRef inode;
        SimSocketRef socket;
    };

    int add_descriptor(Descriptor descriptor);
    Descriptor& descriptor(int fd);
    std::int64_t disk_latency_ns();
    std::int64_t network_latency_ns();
    std::int64_t draw(std::int64_t low, std::int64_t high);
    // Whether this file operation is to fail, and with what: 0 or a negative errno.
    int injected_error(double probability);
    void trace(OperationKind kind, std::int64_t result);

    std::uint64_t seed_;
    SimOptions options_;
    Random random_;
    SimDisk disk_;
    SimNetwork network_;
    std::int64_t now_ns_ = 1'000'000'000;
    std::int64_t wall_offset_ns_ = 0;
    bool crashed_ = false;
    std::uint64_t trace_ = 0;
    std::uint64_t file_operations_ = 0;
    std::vector<Descriptor> descriptors_;
    std::vector<int> free_descriptors_;
    std::vector<SimBackend*> backends_;
};

}  // namespace sluice::io
