// Counters that one core writes and any core may read.
//
// Plain relaxed atomics: a reader sees every counter at some recent value, not all of them at one
// instant, which is what monitoring needs.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace sluice {

// Written by one thread. add() is a load and a store, not a locked instruction.
class Counter {
public:
    void add(std::uint64_t amount = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t amount = 1) {
        value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
    }
    void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// Durations in nanoseconds in log-linear buckets: four per power of two, so a quantile is read with
// at most 19 % error, from 1 ns to centuries, in 2 KiB.
class Histogram {
public:
    static constexpr unsigned kBucketCount = 256;

    void record(std::uint64_t value) {
        buckets_[bucket_of(value)].add();
        sum_.add(value);
    }
    std::uint64_t count() const {
        std::uint64_t total = 0;
        for (const Counter& bucket : buckets_) total += bucket.value();
        return total;
    }
    std::uint64_t sum() const { return sum_.value(); }
    const Counter& bucket(unsigned index) const { return buckets_[index]; }

    static unsigned bucket_of(std::uint64_t value) {
        if (value < 4) return static_cast<unsigned>(value);
        const unsigned exponent = static_cast<unsigned>(std::bit_width(value)) - 1;
        return exponent * 4 + static_cast<unsigned>((value >> (exponent - 2)) & 3) - 4;
    }
    // The largest value that falls into the bucket.
    static std::uint64_t bucket_upper(unsigned index) {
        if (index < 4) return index;
        const unsigned exponent = (index + 4) / 4;
        const std::uint64_t mantissa = (index + 4) % 4 + 5;
        if (exponent >= 63 && mantissa == 8) return ~std::uint64_t{0};
        return (mantissa << (exponent - 2)) - 1;
    }

private:
    std::array<Counter, kBucketCount> buckets_;
    Counter sum_;
};

// The sum of several cores' histograms at one moment, or the difference of two such sums.
class HistogramSnapshot {
public:
    void add(const Histogram& histogram) {
        for (unsigned i = 0; i < Histogram::kBucketCount; ++i) {
            counts_[i] += histogram.bucket(i).value();
        }
    }
    void subtract(const HistogramSnapshot& earlier) {
        for (unsigned i = 0; i < Histogram::kBucketCount; ++i) counts_[i] -= earlier.counts_[i];
    }
    std::uint64_t count() const {
        std::uint64_t total = 0;
        for (const std::uint64_t bucket : counts_) total += bucket;
        return total;
    }
    // Upper bound of the bucket that holds the quantile; 0 when empty.
    std::uint64_t quantile(double q) const {
        const std::uint64_t total = count();
        if (total == 0) return 0;
        const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(total - 1)) + 1;
        std::uint64_t seen = 0;
        for (unsigned i = 0; i < Histogram::kBucketCount; ++i) {
            seen += counts_[i];
            if (seen >= rank) return Histogram::bucket_upper(i);
        }
        return Histogram::bucket_upper(Histogram::kBucketCount - 1);
    }

private:
    std::array<std::uint64_t, Histogram::kBucketCount> counts_{};
};

}  // namespace sluice
