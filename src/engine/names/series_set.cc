#include "engine/names/series_set.h"

namespace sluice::engine {

bool SeriesSet::contains(std::uint64_t hash) const {
    return parts_[part_of(hash)].contains(hash);
}

bool SeriesSet::insert(std::uint64_t hash) {
    const bool is_new = parts_[part_of(hash)].insert(hash);
    if (is_new) ++count_;
    return is_new;
}

void SeriesSet::insert_part(const SeriesSet& other, std::size_t part) {
    parts_[part].make_room_for(other.parts_[part].size());
    other.parts_[part].for_each([this](std::uint64_t hash) { insert(hash); });
}

}  // namespace sluice::engine
