#include "storage/rows/delete_filter.h"

#include <algorithm>

#include "sluice/model/series_key.h"

namespace sluice::storage {

bool may_touch(const model::Tombstone& tombstone, const DeleteScope& scope) {
    return tombstone.sequence > scope.deletes_applied && tombstone.sequence > scope.sequence_min &&
           tombstone.last_group >= scope.group && tombstone.range.overlaps(scope.range);
}

DeleteFilter::DeleteFilter(std::shared_ptr<const model::TombstoneMap> tombstones,
                           const DeleteScope& scope)
    : sequence_max_(scope.sequence_max) {
    if (tombstones == nullptr) return;
    const model::TombstoneList* list = tombstones->of_group(scope.group);
    if (list == nullptr) return;
    for (const auto& each : *list) {
        if (!may_touch(*each, scope) || !each->names(scope.measurement)) continue;
        candidates_.push_back(each.get());
        const bool later = each->sequence > scope.sequence_max;
        needs_sequences_ |= !later;
        looks_at_tags_ |= !each->series.is_all();
        covers_everything_ |= later && each->series.is_all() &&
                              each->range.begin <= scope.range.begin &&
                              each->range.end >= scope.range.end;
    }
    if (!candidates_.empty()) owner_ = std::move(tombstones);
}

void DeleteFilter::choose(std::string_view series_key) {
    spans_.clear();
    if (empty()) return;
    model::SeriesName name;
    if (looks_at_tags_) name = model::parse_series_key(series_key);
    for (const model::Tombstone* each : candidates_) {
        if (each->series.is_all() || each->series.matches(name)) {
            spans_.push_back({each->range, each->sequence});
        }
    }
}

bool DeleteFilter::touches(model::Timestamp first, model::Timestamp last) const {
    return std::any_of(spans_.begin(), spans_.end(), [&](const Span& each) {
        return each.range.begin <= last && first < each.range.end;
    });
}

bool DeleteFilter::covers_all(model::Timestamp first, model::Timestamp last) const {
    return std::any_of(spans_.begin(), spans_.end(), [&](const Span& each) {
        return each.range.contains(first) && each.range.contains(last) &&
               each.sequence > sequence_max_;
    });
}

}  // namespace sluice::storage
