#include "storage/upkeep/merge_choice.h"

#include <algorithm>
#include <span>

namespace sluice::storage {

std::vector<std::vector<SegmentPtr>> mergeable_neighbours(std::vector<SegmentPtr> segments,
                                                          bool any_level) {
    std::sort(segments.begin(), segments.end(), [](const SegmentPtr& a, const SegmentPtr& b) {
        return a->record().meta.sequence_min < b->record().meta.sequence_min;
    });
    std::vector<std::vector<SegmentPtr>> found(1);
    for (const SegmentPtr& each : segments) {
        std::vector<SegmentPtr>& neighbours = found.back();
        if (each->damaged()) {
            found.emplace_back();
        } else if (!any_level && !neighbours.empty() &&
                   neighbours.back()->record().level != each->record().level) {
            found.push_back({each});
        } else {
            neighbours.push_back(each);
        }
    }
    return found;
}

std::optional<SegmentMerge> choose_merge(const StoreLife& life, const SegmentSet& segments,
                                         const HeadSet& heads, bool into_one) {
    SegmentMerge best;
    const auto consider = [&best](model::ShardGroupId group, std::span<const SegmentPtr> inputs) {
        if (inputs.size() <= best.inputs.size()) return;
        best.group = group;
        best.drop_sequences = false;
        best.inputs.assign(inputs.begin(), inputs.end());
    };
    for (const auto& [group, all] : segments.groups()) {
        const bool cold = segments.is_cold(group) && !heads.has_group(group);
        for (const std::vector<SegmentPtr>& neighbours :
             mergeable_neighbours(all, cold || into_one)) {
            if (cold || into_one) {
                if (neighbours.size() < 2 || neighbours.size() <= best.inputs.size()) continue;
                consider(group, neighbours);
                best.drop_sequences = cold && neighbours.size() == all.size() &&
                                      life.options.group_is_ours_alone &&
                                      life.options.group_is_ours_alone(group);
            } else if (neighbours.size() >= life.options.merge_width &&
                       neighbours.front()->record().level < kMergeLevelMax) {
                // The oldest: they are the likeliest to be complete.
                consider(group, std::span(neighbours).first(life.options.merge_width));
            }
        }
    }
    if (best.inputs.empty()) return std::nullopt;
    return best;
}

}  // namespace sluice::storage
