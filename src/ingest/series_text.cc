#include "ingest/series_text.h"

#include <algorithm>
#include <vector>

#include "sluice/model/series_key.h"

namespace sluice::ingest {

bool has_time_tag(const PointText& point) {
    return std::any_of(point.tags.begin(), point.tags.end(),
                       [](const TagText& tag) { return tag.key == "time"; });
}

void make_canonical_key(const PointText& point, std::string& key) {
    std::vector<model::Tag> tags;
    tags.reserve(point.tags.size());
    for (const TagText& tag : point.tags) {
        tags.push_back({model::unescape_tag(tag.key), model::unescape_tag(tag.value)});
    }
    std::sort(tags.begin(), tags.end());
    key = model::make_series_key(unescape_name(point.measurement), tags);
}

bool is_settled(std::string_view key) {
    std::size_t measurement_size = 0;
    for (std::size_t at = key.find('\\'); at != std::string_view::npos;
         at = key.find('\\', at + 1)) {
        const char next = at + 1 < key.size() ? key[at + 1] : '\\';
        if (next == '\\' || next == '"') return false;
        if (next != '=') continue;
        if (measurement_size == 0) measurement_size = model::measurement_of_series_key(key).size();
        if (at < measurement_size) return false;
    }
    return true;
}

}  // namespace sluice::ingest
