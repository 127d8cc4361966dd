#include "engine/names/tag_values.h"

#include <array>

#include "sluice/base/go_text.h"
#include "sluice/base/hash.h"
#include "sluice/model/series_key.h"

namespace sluice::engine {
namespace {

std::uint64_t joined(std::uint64_t first, std::uint64_t second) {
    const std::array<std::uint64_t, 2> both{first, second};
    return hash_bytes({reinterpret_cast<const char*>(both.data()), sizeof both});
}

}  // namespace

void append_tag_values(std::string_view key, std::vector<TagValue>& out) {
    const model::SeriesName name = model::parse_series_key(key);
    const std::uint64_t measurement = hash_bytes(name.measurement);
    for (const model::Tag& each : name.tags) {
        const std::uint64_t tag = joined(measurement, hash_bytes(each.key));
        out.push_back({tag, joined(tag, hash_bytes(each.value))});
    }
}

std::uint64_t TagValues::count(std::uint64_t tag) const {
    const auto found = counts_.find(tag);
    return found == counts_.end() ? 0 : found->second;
}

bool TagValues::insert(const TagValue& each) {
    const bool is_new = values_.insert(each.value);
    if (is_new) ++counts_[each.tag];
    return is_new;
}

std::string too_many_values_text(std::string_view key, std::size_t tag, std::uint64_t count,
                                 std::uint64_t values_max) {
    const model::SeriesName name = model::parse_series_key(key);
    const model::Tag& which = name.tags[tag];
    return "max-values-per-tag limit exceeded (" + std::to_string(count) + "/" +
           std::to_string(values_max) + "): measurement=" + quote_go(name.measurement) +
           " tag=" + quote_go(which.key) + " value=" + quote_go(which.value);
}

}  // namespace sluice::engine
