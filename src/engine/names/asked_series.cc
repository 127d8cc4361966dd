#include "engine/names/asked_series.h"

#include "sluice/base/hash.h"

namespace sluice::engine {

void AskedSeries::add(std::string_view key, bool with_tags) {
    keys_.push_back(hash_bytes(key));
    if (!with_tags) return;
    append_tag_values(key, tags_);
    ends_.push_back(tags_.size());
}

std::span<const TagValue> AskedSeries::tags(std::size_t i) const {
    if (ends_.empty()) return {};
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::span(tags_).subspan(begin, ends_[i] - begin);
}

}  // namespace sluice::engine
