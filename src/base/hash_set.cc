#include "sluice/base/hash_set.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice {
namespace {

constexpr std::size_t kSlotsMin = 16;

}  // namespace

// Whoever puts one set into another makes room for all of it first: in the order of a larger table
// a smaller one would fill up from its beginning.
void HashSet::make_room_for(std::size_t more) {
    const std::size_t wanted = std::bit_ceil((size_ + more) * 3 / 2 + 1);
    if (wanted <= slots_.size()) return;
    const std::vector<std::uint64_t> old =
        std::exchange(slots_, std::vector<std::uint64_t>(std::max(wanted, kSlotsMin)));
    for (const std::uint64_t each : old) {
        if (each != 0) slots_[find(each)] = each;
    }
}

bool HashSet::insert(std::uint64_t hash) {
    make_room_for(1);
    const std::uint64_t value = stored(hash);
    std::uint64_t& slot = slots_[find(value)];
    if (slot != 0) return false;
    slot = value;
    ++size_;
    return true;
}

}  // namespace sluice
