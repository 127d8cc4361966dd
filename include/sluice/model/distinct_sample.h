// A DistinctSample counts how many different ones of very many there are, in bounded memory
// (Wegman's adaptive sampling). The count is exact up to a bound, and then an estimate whose
// standard error is about 0.6 %.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "sluice/base/pod_vector.h"

namespace sluice::model {

// Kept are the hashes whose low bits are 0. When there are too many, one bit more is asked for,
// which halves them; each hash that is left then stands for twice as many. Whether a hash is kept
// depends on the hash alone, so samples of several places merge into the sample that one place
// would have made.
class DistinctSample {
public:
    // Adds a hash, whose bits must all be equally good.
    void add(std::uint64_t hash) {
        if ((hash & mask_) != 0) return;
        // 0 marks what is free, and is one hash of 2^64.
        insert(hash == 0 ? ~mask_ : hash);
        while (count_ > kHashesMax) thin_out(mask_ * 2 + 1);
    }
    void merge(const DistinctSample& other) {
        if (other.mask_ > mask_) thin_out(other.mask_);
        for (const std::uint64_t hash : other.slots_) {
            if (hash != 0) add(hash);
        }
    }
    std::uint64_t estimate() const { return count_ * (mask_ + 1); }
    std::size_t memory_bytes() const { return slots_.capacity() * sizeof(std::uint64_t); }

private:
    // The error is about one over the square root of the number kept, which is between half of this
    // and all of it. They take half a megabyte.
    static constexpr std::size_t kHashesMax = 1u << 15;
    static constexpr std::size_t kSlotsMin = 64;

    void insert(std::uint64_t hash) {
        if (count_ * 2 >= slots_.size()) resize(slots_.empty() ? kSlotsMin : slots_.size() * 2);
        std::size_t slot = slot_of(hash);
        for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
            if (slots_[slot] == hash) return;
        }
        slots_[slot] = hash;
        ++count_;
    }
    // By the high bits: the low ones are those that all hashes kept have in common.
    std::size_t slot_of(std::uint64_t hash) const {
        return static_cast<std::size_t>(hash >> 32) & (slots_.size() - 1);
    }
    void resize(std::size_t slots) {
        PodVector<std::uint64_t> old = std::exchange(slots_, PodVector<std::uint64_t>());
        slots_.append_copies(slots, 0);
        count_ = 0;
        for (const std::uint64_t hash : old) {
            if (hash != 0 && (hash & mask_) == 0) insert(hash);
        }
    }
    void thin_out(std::uint64_t mask) {
        mask_ = mask;
        if (!slots_.empty()) resize(slots_.size());
    }

    std::uint64_t mask_ = 0;  // kept are the hashes that have none of these bits
    std::size_t count_ = 0;
    PodVector<std::uint64_t> slots_;  // open addressing; 0: free
};

}  // namespace sluice::model
