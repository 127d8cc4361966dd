// SeriesList finds the series with a tag without looking at all of them.
#include "sluice/storage/series_list.h"

#include <algorithm>

namespace sluice::storage {
namespace {

// Each takes some forty bytes a series; dashboards choose by one or two.
constexpr std::size_t kTagsIndexedMax = 4;

}  // namespace

SeriesList::TagPlaces SeriesList::index_tag(const std::vector<std::string_view>& keys,
                                            std::string_view tag) {
    TagPlaces places;
    const std::string begin = "," + std::string(tag) + "=";
    for (std::uint32_t place = 0; place < keys.size(); ++place) {
        const std::string_view key = keys[place];
        if (key.find('\\') != std::string_view::npos) {
            places.uncertain.push_back(place);
            continue;
        }
        const std::size_t at = key.find(begin);
        if (at == std::string_view::npos) continue;
        std::string_view value = key.substr(at + begin.size());
        value = value.substr(0, value.find(','));
        places.by_value[value].push_back(place);
    }
    return places;
}

std::optional<std::vector<std::uint32_t>> SeriesList::find(const TagChoice& choice) const {
    auto tag = shared_->tags.find(choice.tag);
    if (tag == shared_->tags.end()) {
        if (shared_->tags.size() == kTagsIndexedMax) return std::nullopt;
        tag = shared_->tags.emplace(choice.tag, index_tag(shared_->keys, choice.tag)).first;
    }
    std::vector<std::uint32_t> found = tag->second.uncertain;
    for (const std::string& value : choice.values) {
        const auto places = tag->second.by_value.find(value);
        if (places == tag->second.by_value.end()) continue;
        found.insert(found.end(), places->second.begin(), places->second.end());
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

}  // namespace sluice::storage
