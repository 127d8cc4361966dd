// A PlaceTable finds by the hash of a name where in a list it stands. It is for lists that are
// mostly short, and then searched from front to back, but at times very long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "sluice/base/pod_vector.h"

namespace sluice {

class PlaceTable {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    std::size_t size() const { return size_; }

    // The place added with `hash` for which `is_it(place)` holds; kNone when there is none.
    template <typename IsIt>
    std::uint32_t find(std::uint64_t hash, IsIt is_it) const {
        if (size_ == 0) return kNone;
        const auto tag = static_cast<std::uint32_t>(hash);
        for (std::size_t at = tag & mask();; at = (at + 1) & mask()) {
            const Slot& slot = slots_[at];
            if (slot.place == kNone) return kNone;
            if (slot.tag == tag && is_it(slot.place)) return slot.place;
        }
    }

    // `place` is not kNone and not there yet.
    void add(std::uint64_t hash, std::uint32_t place) {
        if ((size_ + 1) * 2 > slots_.size()) grow();
        insert({static_cast<std::uint32_t>(hash), place});
        ++size_;
    }

    // Gives its memory back.
    void clear() {
        slots_ = {};
        size_ = 0;
    }

private:
    struct Slot {
        std::uint32_t tag;
        std::uint32_t place;
    };
    static constexpr std::size_t kFirstSlots = 64;

    std::size_t mask() const { return slots_.size() - 1; }

    void insert(Slot slot) {
        std::size_t at = slot.tag & mask();
        while (slots_[at].place != kNone) at = (at + 1) & mask();
        slots_[at] = slot;
    }

    void grow() {
        PodVector<Slot> old = std::move(slots_);
        slots_ = {};
        slots_.append_copies(old.empty() ? kFirstSlots : old.size() * 2, Slot{0, kNone});
        for (const Slot& slot : old) {
            if (slot.place != kNone) insert(slot);
        }
    }

    PodVector<Slot> slots_;  // a power of two of them, at most half in use
    std::size_t size_ = 0;
};

}  // namespace sluice
