#include "query/scan/tag_set.h"

#include <algorithm>

#include "query/scan/core_session.h"
#include "query/scan/series_tags.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

std::string key_of(std::string_view name, const std::vector<std::string>& values) {
    std::string key(name);
    for (const std::string& value : values) {
        key += '\0';
        key += value;
    }
    return key;
}

}  // namespace

Grouping::Grouping(std::vector<std::string> dimensions, std::vector<std::string> group_by)
    : dimensions_(std::move(dimensions)), group_by_(std::move(group_by)) {
    SLUICE_CHECK(std::is_sorted(group_by_.begin(), group_by_.end()));
    SLUICE_CHECK(
        std::includes(group_by_.begin(), group_by_.end(), dimensions_.begin(), dimensions_.end()));
}

const TagSet* Grouping::add(std::string_view name, std::vector<std::string> values, std::string key,
                            std::unordered_map<std::string_view, const TagSet*>& known) {
    tag_sets_.push_back({std::string(name), std::move(key), std::move(values), nullptr});
    const TagSet& added = tag_sets_.back();
    known.emplace(added.key, &added);
    memory_bytes_ += 2 * added.key.size() + added.values.size() * sizeof(std::string) + 192;
    return &added;
}

const TagSet* Grouping::find(std::string_view name, std::vector<std::string> values) {
    SLUICE_CHECK(values.size() == group_by_.size());
    std::string key = key_of(name, values);
    const auto known = known_.find(key);
    if (known != known_.end()) return known->second;
    std::vector<std::string> outer_values;
    for (const std::string& dimension : dimensions_) {
        const auto at = std::lower_bound(group_by_.begin(), group_by_.end(), dimension);
        outer_values.push_back(values[static_cast<std::size_t>(at - group_by_.begin())]);
    }
    add(name, std::move(values), std::move(key), known_);
    TagSet& added = tag_sets_.back();
    if (!is_nested()) {
        added.outer = &added;
        return &added;
    }
    std::string outer_key = key_of(name, outer_values);
    const auto outer = known_outer_.find(outer_key);
    added.outer = outer != known_outer_.end()
                      ? outer->second
                      : add(name, std::move(outer_values), std::move(outer_key), known_outer_);
    return &added;
}

const TagSet* Grouping::of_series(std::string_view name, std::string_view series_key) {
    std::vector<std::string> values;
    std::string scratch;
    for (const std::string& tag : group_by_) {
        values.emplace_back(tag_in_key(series_key, tag, scratch));
    }
    return find(name, std::move(values));
}

const TagSet* Grouping::of_level(const TagSet* inner, const Grouping& level) {
    const auto [entry, is_new] = of_level_.try_emplace(inner, nullptr);
    if (!is_new) return entry->second;
    std::vector<std::string> values;
    for (const std::string& tag : group_by_) values.emplace_back(level.value_of(inner, tag));
    const TagSet* found = find(inner->name, std::move(values));
    of_level_[inner] = found;
    return found;
}

std::string_view Grouping::value_of(const TagSet* tags, std::string_view dimension) const {
    const auto at = std::lower_bound(group_by_.begin(), group_by_.end(), dimension);
    if (at == group_by_.end() || *at != dimension) return {};
    return tags->values[static_cast<std::size_t>(at - group_by_.begin())];
}

}  // namespace sluice::query
