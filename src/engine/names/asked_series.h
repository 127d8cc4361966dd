// AskedSeries are series that a core asks core 0 about: may a database have them within its bounds?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/names/tag_values.h"

namespace sluice::engine {

// What a database may have; 0 is without a bound.
struct SeriesBounds {
    std::uint64_t series_max = 0;
    std::uint64_t values_per_tag_max = 0;

    bool any() const { return series_max != 0 || values_per_tag_max != 0; }
};

class AskedSeries {
public:
    // With `with_tags`, which is the same for all of them, the tags are asked about, too.
    void add(std::string_view key, bool with_tags);

    std::size_t size() const { return keys_.size(); }
    std::uint64_t key(std::size_t i) const { return keys_[i]; }
    std::span<const TagValue> tags(std::size_t i) const;

private:
    std::vector<std::uint64_t> keys_;  // their hashes
    std::vector<TagValue> tags_;       // of all of them, one series after the other
    std::vector<std::size_t> ends_;    // in tags_; none where tags are not asked about
};

// What core 0 says of a series.
struct SeriesAnswer {
    enum class Kind : std::uint8_t { kMayBe, kTooManySeries, kTooManyValues };
    Kind kind = Kind::kMayBe;
    // With kTooManyValues the number of the tag in the key, and how many values it has.
    std::uint32_t tag = 0;
    std::uint64_t values = 0;
};

}  // namespace sluice::engine
