// The process-wide order of write batches: the only word that cores share on the write path.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::io {

// Every batch takes one number as it enters a log; where rows meet, the higher number wins. Each
// store raises the source above what it finds on disk before any store accepts a write.
class SequenceSource {
public:
    std::uint64_t take() { return next_.fetch_add(1, std::memory_order_relaxed); }

    // The next number is above `used`.
    void raise_above(std::uint64_t used) {
        std::uint64_t seen = next_.load(std::memory_order_relaxed);
        while (seen <= used &&
               !next_.compare_exchange_weak(seen, used + 1, std::memory_order_relaxed)) {
        }
    }

private:
    // Zero stands for "no sequence" in statistics of empty segments.
    std::atomic<std::uint64_t> next_{1};
};

}  // namespace sluice::io
