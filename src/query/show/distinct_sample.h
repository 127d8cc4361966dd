// A DistinctSample counts how many different ones of very many there are, in bounded memory
// (Wegman's adaptive sampling). The count is exact up to a bound, and then an estimate whose
// standard error is about 0.3 %.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

namespace sluice::query {

// Kept are the hashes whose low bits are 0. When there are too many, one bit more is asked for,
// which halves them; each hash that is left then stands for twice as many. Whether a hash is kept
// depends on the hash alone, so samples of several cores merge into the sample that one core would
// have made.
class DistinctSample {
public:
    // Adds a hash, whose bits must all be equally good.
    void add(std::uint64_t hash) {
        if ((hash & mask_) != 0) return;
        hashes_.insert(hash);
        while (hashes_.size() > kHashesMax) thin_out(mask_ * 2 + 1);
    }
    void merge(const DistinctSample& other) {
        if (other.mask_ > mask_) thin_out(other.mask_);
        for (const std::uint64_t hash : other.hashes_) add(hash);
    }
    std::uint64_t estimate() const { return hashes_.size() * (mask_ + 1); }

private:
    // Some 4 MB for each core. The error is about one over the square root of the number kept.
    static constexpr std::size_t kHashesMax = 1u << 17;

    void thin_out(std::uint64_t mask) {
        mask_ = mask;
        std::erase_if(hashes_, [mask](std::uint64_t hash) { return (hash & mask) != 0; });
    }

    std::uint64_t mask_ = 0;  // kept are the hashes that have none of these bits
    std::unordered_set<std::uint64_t> hashes_;
};

}  // namespace sluice::query
