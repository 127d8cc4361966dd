// The series of a scan that lie in more than one store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sluice/base/check.h"

namespace sluice::query {

// A set of identities (series_identity). Another series may have the same identity by chance: it is
// then treated as shared, too, which is never wrong.
//
// Every series of a piece is looked up, so it is a table with open addressing: one step to memory
// where a search in a sorted list takes twenty. It is filled by one core and then read by all.
class SharedSeries {
public:
    static constexpr std::size_t kNone = ~std::size_t{0};

    SharedSeries() = default;
    // Has room for as many, and none yet.
    explicit SharedSeries(std::size_t capacity)
        : slots_(capacity == 0 ? 0 : capacity + capacity / 2 + 1) {}

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    bool contains(std::uint64_t identity) const { return place(identity) != kNone; }
    // Each series has a place of its own below places().
    std::size_t places() const { return slots_.size(); }
    std::size_t place(std::uint64_t identity) const {
        if (size_ == 0) return kNone;
        const std::size_t at = find(identity);
        return slots_[at] == 0 ? kNone : at;
    }

    // One that is there already changes nothing.
    void add(std::uint64_t identity) {
        SLUICE_CHECK(size_ + 1 < slots_.size());
        std::uint64_t& slot = slots_[find(identity)];
        if (slot == 0) ++size_;
        slot = value_of(identity);
    }

private:
    // 0 stands for an empty slot: the series with that identity has the one of another by chance.
    static std::uint64_t value_of(std::uint64_t identity) { return identity == 0 ? 1 : identity; }

    // The slot of the identity, or the empty one where it belongs.
    std::size_t find(std::uint64_t identity) const {
        const std::uint64_t value = value_of(identity);
        auto at =
            static_cast<std::size_t>(static_cast<unsigned __int128>(value) * slots_.size() >> 64);
        while (slots_[at] != 0 && slots_[at] != value) at = at + 1 == slots_.size() ? 0 : at + 1;
        return at;
    }

    std::vector<std::uint64_t> slots_;
    std::size_t size_ = 0;
};

}  // namespace sluice::query
