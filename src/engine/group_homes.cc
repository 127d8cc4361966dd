#include "engine/group_homes.h"

#include <algorithm>

#include "sluice/base/check.h"

namespace sluice::engine {
namespace {

std::uint64_t total_values(const Holdings& holdings) {
    std::uint64_t values = 0;
    for (const auto& [store, holding] : holdings) values += holding.values;
    return values;
}

// The store that has most, and of equals the first.
std::uint32_t largest_holder(const Holdings& holdings) {
    SLUICE_CHECK(!holdings.empty());
    const auto most = std::max_element(
        holdings.begin(), holdings.end(),
        [](const auto& a, const auto& b) { return a.second.values < b.second.values; });
    return most->first;
}

// The stores that take part `number`, `number + 1`, ... of the group: large groups begin with
// different ones, so that each has its share of the last parts.
std::uint32_t store_of_part(model::ShardGroupId group, std::size_t number,
                            const std::vector<std::uint32_t>& written_to) {
    return written_to[(group + number) % written_to.size()];
}

// Finds the home that segments were cut for: of several, the one with most parts.
storage::GroupHome find_home(model::ShardGroupId group, const Holdings& holdings,
                             const std::vector<std::uint32_t>& written_to) {
    std::uint16_t count = 0;
    for (const auto& [store, holding] : holdings) {
        for (const auto& each : holding.parts) count = std::max(count, each.part.count);
    }
    storage::GroupHome home;
    for (std::uint16_t number = 0; number < count; ++number) {
        std::uint32_t keeper = store_of_part(group, number, written_to);
        std::uint64_t most = 0;
        for (const auto& [store, holding] : holdings) {
            std::uint64_t values = 0;
            for (const auto& each : holding.parts) {
                if (each.part == storage::HomePart{number, count}) values += each.values;
            }
            if (values > most) keeper = store;
            most = std::max(most, values);
        }
        home.stores.push_back(keeper);
    }
    return home;
}

}  // namespace

storage::GroupHome choose_home(model::ShardGroupId group, const storage::GroupHome& known,
                               const Holdings& holdings,
                               const std::vector<std::uint32_t>& written_to,
                               std::uint64_t values_per_part) {
    SLUICE_CHECK(!written_to.empty() && values_per_part != 0);
    if (holdings.empty()) return known;
    storage::GroupHome home = known.empty() ? find_home(group, holdings, written_to) : known;
    const std::uint64_t worth = total_values(holdings) / values_per_part;
    const auto parts = static_cast<std::size_t>(
        std::clamp<std::uint64_t>(worth, 1, std::min<std::size_t>(written_to.size(), 0xFFFF)));
    if (home.empty() && parts == 1) {
        if (holdings.size() > 1) home.stores.push_back(largest_holder(holdings));
        return home;
    }
    // Each change has its rows rewritten.
    if (parts < 2 * home.stores.size() || parts == 1) return home;
    home.stores.clear();
    for (std::size_t number = 0; number < parts; ++number) {
        home.stores.push_back(store_of_part(group, number, written_to));
    }
    return home;
}

bool others_are_sorted(std::uint32_t store, const storage::GroupHome& home,
                       const Holdings& holdings) {
    return std::all_of(holdings.begin(), holdings.end(), [&](const auto& each) {
        return each.first == store || (!home.empty() && !each.second.has_unsorted);
    });
}

}  // namespace sluice::engine
