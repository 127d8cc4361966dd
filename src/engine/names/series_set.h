// A SeriesSet holds the series of a database as hashes of their keys: eight bytes each, and about
// as many again for room. Two series with one hash count as one: of a million series one would meet
// its like with a probability of 10^-7.
//
// It consists of parts by the highest bits of a hash, so that growing, and joining two sets part by
// part, holds a core for a moment only, however many series there are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sluice/base/hash_set.h"

namespace sluice::engine {

class SeriesSet {
public:
    static constexpr std::size_t kParts = 64;

    std::size_t size() const { return count_; }
    bool contains(std::uint64_t hash) const;
    // Returns whether it was not there.
    bool insert(std::uint64_t hash);
    // Inserts what `other` has in one of the parts.
    void insert_part(const SeriesSet& other, std::size_t part);

private:
    static std::size_t part_of(std::uint64_t hash) { return hash >> 58; }

    std::array<HashSet, kParts> parts_;
    std::size_t count_ = 0;
};

}  // namespace sluice::engine
