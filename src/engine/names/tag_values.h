// TagValues knows which values the tags of a database have, as hashes: eight bytes for each value
// of each tag, and about as many again for room. A tag is one of a measurement, as in InfluxDB's
// bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/names/series_set.h"

namespace sluice::engine {

// A value of a tag, as hashes.
struct TagValue {
    std::uint64_t tag = 0;    // of measurement and key
    std::uint64_t value = 0;  // of these and the value
};

// Adds the tags of a canonical series key, in its order.
void append_tag_values(std::string_view key, std::vector<TagValue>& out);

class TagValues {
public:
    // Of all tags together.
    std::size_t size() const { return values_.size(); }
    bool contains(const TagValue& each) const { return values_.contains(each.value); }
    // How many values the tag has.
    std::uint64_t count(std::uint64_t tag) const;
    // Returns whether it was not there.
    bool insert(const TagValue& each);

private:
    SeriesSet values_;
    std::map<std::uint64_t, std::uint64_t> counts_;  // by tag
};

// InfluxDB's sentence for a row whose tag, the one of this number in the key, has `count` values
// where `values_max` are allowed, and brings another one.
std::string too_many_values_text(std::string_view key, std::size_t tag, std::uint64_t count,
                                 std::uint64_t values_max);

}  // namespace sluice::engine
