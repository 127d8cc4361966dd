#include "engine/names/series_set.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace sluice::engine {
namespace {

constexpr std::size_t kSlotsMin = 16;

std::uint64_t stored(std::uint64_t hash) {
    return hash == 0 ? 1 : hash;
}

}  // namespace

// The slot that holds the hash, or the one where it belongs.
std::size_t SeriesSet::Part::place_of(std::uint64_t hash) const {
    const std::size_t mask = slots.size() - 1;
    std::size_t place = hash & mask;
    while (slots[place] != 0 && slots[place] != hash) place = (place + 1) & mask;
    return place;
}

// Two thirds full at most. Whoever puts one table into another makes room for all of it at first:
// in the order of a larger table a smaller one would fill up from its beginning.
void SeriesSet::Part::make_room_for(std::size_t more) {
    const std::size_t wanted = std::bit_ceil((count + more) * 3 / 2 + 1);
    if (wanted <= slots.size()) return;
    const std::vector<std::uint64_t> old =
        std::exchange(slots, std::vector<std::uint64_t>(std::max(wanted, kSlotsMin)));
    for (const std::uint64_t hash : old) {
        if (hash != 0) slots[place_of(hash)] = hash;
    }
}

bool SeriesSet::contains(std::uint64_t hash) const {
    const Part& part = parts_[part_of(hash)];
    return part.count != 0 && part.slots[part.place_of(stored(hash))] != 0;
}

bool SeriesSet::insert(std::uint64_t hash) {
    Part& part = parts_[part_of(hash)];
    part.make_room_for(1);
    const std::size_t place = part.place_of(stored(hash));
    if (part.slots[place] != 0) return false;
    part.slots[place] = stored(hash);
    ++part.count;
    ++count_;
    return true;
}

void SeriesSet::insert_part(const SeriesSet& other, std::size_t part) {
    parts_[part].make_room_for(other.parts_[part].count);
    for (const std::uint64_t hash : other.parts_[part].slots) {
        if (hash != 0) insert(hash);
    }
}

}  // namespace sluice::engine
