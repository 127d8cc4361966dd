#include "storage/upkeep/merge_choice.h"

#include <algorithm>
#include <utility>

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

namespace {

// The segments of one group by whether their series are at home.
struct SortedOut {
    std::vector<SegmentPtr> at_home;
    std::vector<SegmentPtr> came_in;
};

SortedOut sort_out(const std::vector<SegmentPtr>& all, const HomeLedger& homes) {
    SortedOut out;
    for (const SegmentPtr& each : all) {
        (homes.is_at_home(each->record()) ? out.at_home : out.came_in).push_back(each);
    }
    return out;
}

}  // namespace

// Size-tiered compaction (O'Neil et al., "The Log-Structured Merge-Tree", 1996; Cassandra's
// SizeTieredCompactionStrategy), by levels instead of sizes: flushed segments are about as large as
// a head, so how often rows were merged says how many of those they come from. Among several that
// are due, the widest, and of these the first group's: all are about as much work.
void MergeChooser::look_at_hot(model::ShardGroupId group, const std::vector<SegmentPtr>& all,
                               SegmentMerge& best) const {
    const SortedOut segments = sort_out(all, homes_);
    for (const std::vector<SegmentPtr>* each : {&segments.at_home, &segments.came_in}) {
        if (each == &segments.came_in && homes_.is_waiting(group)) continue;
        for (const std::vector<SegmentPtr>& neighbours : mergeable_neighbours(*each, false)) {
            const std::size_t width = life_.options.merge_width;
            if (neighbours.size() < width || width <= best.inputs.size() ||
                neighbours.front()->record().level >= kMergeLevelMax) {
                continue;
            }
            best = {};
            best.group = group;
            // The oldest: they are the likeliest to be complete.
            best.inputs.assign(neighbours.begin(),
                               neighbours.begin() + static_cast<std::ptrdiff_t>(width));
            best.cuts = each == &segments.came_in;
        }
    }
}

// Two steps, which follow each other over several calls: first what came in is cut and handed over
// (`sorts`), until nothing of any series is left; then what is at home becomes one. A damaged
// segment splits its neighbours for ever, and then the largest of their groups is merged and none
// is last.
std::optional<SegmentMerge> MergeChooser::look_at_cold(model::ShardGroupId group,
                                                       const std::vector<SegmentPtr>& all,
                                                       bool is_cold) const {
    SortedOut segments = sort_out(all, homes_);
    const bool sorts = !segments.came_in.empty() && !homes_.needs_no_home(group);
    // Nobody has said yet where it belongs: see strays().
    if (sorts && !homes_.knows(group)) return std::nullopt;
    if (homes_.is_waiting(group)) return std::nullopt;
    if (!sorts) segments.at_home = all;
    const std::vector<SegmentPtr>& wanted = sorts ? segments.came_in : segments.at_home;
    SegmentMerge merge;
    for (std::vector<SegmentPtr>& neighbours : mergeable_neighbours(wanted, true)) {
        if (neighbours.size() < (sorts ? 1 : 2) || neighbours.size() <= merge.inputs.size())
            continue;
        merge.group = group;
        merge.cuts = sorts;
        merge.is_last = !sorts && is_cold && neighbours.size() == wanted.size();
        merge.inputs = std::move(neighbours);
    }
    if (merge.inputs.empty()) return std::nullopt;
    SLUICE_CHECK(!(merge.cuts && merge.is_last));
    return merge;
}

std::optional<SegmentMerge> MergeChooser::choose(bool into_one) {
    if (!into_one) {
        SegmentMerge best;
        for (const model::ShardGroupId group : segments_.crowded()) {
            if (is_cold(group)) continue;
            look_at_hot(group, segments_.groups().at(group), best);
        }
        if (!best.inputs.empty()) return best;
    }
    const SegmentSet::Groups& groups = segments_.groups();
    auto each = groups.upper_bound(last_cold_);
    for (std::size_t left = groups.size(); left > 0; --left, ++each) {
        if (each == groups.end()) each = groups.begin();
        const auto& [group, all] = *each;
        const bool is_single = all.size() == 1 && homes_.is_at_home(all.front()->record());
        if (is_single) continue;
        const bool cold = is_cold(group);
        if (!cold && !into_one) continue;
        if (auto merge = look_at_cold(group, all, cold)) {
            last_cold_ = group;
            return merge;
        }
    }
    return std::nullopt;
}

std::vector<model::ShardGroupId> MergeChooser::strays() const {
    std::vector<model::ShardGroupId> found;
    if (life_.options.neighbours == nullptr) return found;
    for (const auto& [group, all] : segments_.groups()) {
        if (homes_.knows(group) || !is_cold(group)) continue;
        const bool some = std::any_of(all.begin(), all.end(), [this](const SegmentPtr& each) {
            return !each->damaged() && !homes_.is_at_home(each->record());
        });
        if (some) found.push_back(group);
    }
    return found;
}

}  // namespace sluice::storage
