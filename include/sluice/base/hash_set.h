// A set of 64-bit hashes, for those who ask whether they have met a text before and can live with
// two texts that have one hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

// Open addressing, at most two thirds full: one step to memory where a search in a sorted list
// takes twenty.
class HashSet {
public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    bool contains(std::uint64_t hash) const { return place(hash) != kNone; }
    // What is there has a place of its own below places(), until something is inserted; kNone: it
    // is not there.
    std::size_t places() const { return slots_.size(); }
    std::size_t place(std::uint64_t hash) const {
        if (size_ == 0) return kNone;
        const std::size_t at = find(stored(hash));
        return slots_[at] == 0 ? kNone : at;
    }

    // Returns whether it was not there.
    bool insert(std::uint64_t hash);
    // So many can be inserted without a move of those that are there.
    void make_room_for(std::size_t more);
    // Calls `use` with what is there, in no order.
    template <typename Use>
    void for_each(Use&& use) const {
        for (const std::uint64_t each : slots_) {
            if (each != 0) use(each);
        }
    }

private:
    // 0 stands for an empty slot: 0 and 1 are one hash.
    static std::uint64_t stored(std::uint64_t hash) { return hash == 0 ? 1 : hash; }
    // The slot of what is there, or the empty one where it belongs.
    std::size_t find(std::uint64_t value) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t at = value & mask;
        while (slots_[at] != 0 && slots_[at] != value) at = (at + 1) & mask;
        return at;
    }

    std::vector<std::uint64_t> slots_;  // a power of two, or none
    std::size_t size_ = 0;
};

}  // namespace sluice
