// What UringBackend is made of: the pool of receive buffers, and Operations turned into the ring's
// submission entries. The only file that includes liburing.h.
//
// Written against liburing 2.3; what is newer is probed by number at start.
#pragma once

#include <liburing.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sluice/base/check.h"
#include "sluice/io/operation.h"

namespace sluice::io {

// One pool per ring: its number only has to be the same wherever it is named.
inline constexpr std::uint16_t kBufferGroup = 0;
// IORING_OP_FTRUNCATE of Linux 6.9, which liburing's header may not name.
inline constexpr int kOpFtruncate = 55;

// What the kernel reads or writes beside the Operation itself. It belongs to one Operation from
// prepare() to finish(), and stands in a list of free ones otherwise.
union Scratch {
    struct {
        msghdr header;
        iovec parts[2];
    } message;
    struct statx status;
    Scratch* next_free;
};

// The pool of receive buffers that the kernel picks from (a provided buffer ring).
class ReceiveBuffers {
public:
    ReceiveBuffers() = default;
    ReceiveBuffers(const ReceiveBuffers&) = delete;
    ReceiveBuffers& operator=(const ReceiveBuffers&) = delete;
    ~ReceiveBuffers();

    // 0, or a negative errno. `count` is a power of two.
    int start(io_uring& ring, std::uint32_t count, std::uint32_t buffer_bytes);

    const std::byte* at(std::uint16_t id) const {
        SLUICE_CHECK(id < count_);
        return memory_ + std::size_t{id} * buffer_bytes_;
    }
    // Gives a buffer to the kernel, at the start or when its bytes have been read. Whoever gives
    // one twice lets the kernel write to it while it is being read.
    void give(std::uint16_t id) {
        SLUICE_CHECK(id < count_);
        io_uring_buf_ring_add(ring_, memory_ + std::size_t{id} * buffer_bytes_, buffer_bytes_, id,
                              static_cast<int>(count_ - 1), 0);
        io_uring_buf_ring_advance(ring_, 1);
    }

private:
    io_uring_buf_ring* ring_ = nullptr;  // shared with the kernel
    std::byte* memory_ = nullptr;        // count_ buffers, one behind the other
    std::size_t ring_bytes_ = 0;
    std::size_t memory_bytes_ = 0;
    std::uint32_t count_ = 0;
    std::uint32_t buffer_bytes_ = 0;
};

// Fills submission entries. Some kinds of operation need memory for the kernel beside the Operation
// itself: it is taken here and given back by finish().
class UringEntries {
public:
    void prepare(io_uring_sqe& entry, Operation& operation);
    // After the last completion: hands over what the kernel wrote.
    void finish(Operation& operation);

private:
    void prepare_file(io_uring_sqe& entry, Operation& operation);
    void prepare_socket(io_uring_sqe& entry, Operation& operation);
    Scratch& take_scratch(Operation& operation);

    std::vector<std::unique_ptr<Scratch[]>> scratch_chunks_;
    Scratch* scratch_free_ = nullptr;
};

}  // namespace sluice::io
