#include "engine/names/name_budget.h"

#include <algorithm>

namespace sluice::engine {
namespace {

// A schema with its name and a field, its place in the map of its group, and what the map's nodes
// have to spare.
constexpr std::uint64_t kMeasurementBytes = 320;
// Of these, what each further group of the policy takes: schemas are shared between groups.
constexpr std::uint64_t kPlaceBytes = 64;
constexpr std::uint64_t kFieldBytes = 48;
// Whoever writes goes on in the group behind the last one, or a few before it.
constexpr std::size_t kGroupsLookedAt = 16;

}  // namespace

std::uint64_t NameBudget::bytes_of(std::string_view measurement, std::size_t fields) {
    return kMeasurementBytes + measurement.size() + fields * kFieldBytes;
}

std::uint64_t NameBudget::bytes_of(const meta::Catalog& catalog) {
    std::uint64_t bytes = 0;
    for (const auto& database : catalog.databases) {
        for (const auto& policy : database->retention_policies) {
            std::uint64_t largest = 0;
            for (const auto& group : policy->shard_groups) {
                const std::uint64_t count = group->measurements.size();
                largest = std::max(largest, count);
                bytes += count * kPlaceBytes;
            }
            bytes += largest * (kMeasurementBytes - kPlaceBytes);
        }
    }
    return bytes;
}

std::uint64_t NameBudget::left(const meta::Catalog& catalog) {
    if (bytes_max_ == 0) return ~std::uint64_t{0};
    if (version_ != catalog.version) {
        used_ = bytes_of(catalog);
        version_ = catalog.version;
    }
    return used_ < bytes_max_ ? bytes_max_ - used_ : 0;
}

bool NameBudget::is_known(const meta::RetentionPolicy& policy, std::string_view measurement) {
    const auto& groups = policy.shard_groups;
    const std::size_t count = std::min(groups.size(), kGroupsLookedAt);
    return std::any_of(
        groups.end() - static_cast<std::ptrdiff_t>(count), groups.end(),
        [&](const auto& group) { return group->measurements.find(measurement) != nullptr; });
}

std::string no_room_for_names_text(std::string_view measurement) {
    return "no memory for more measurements (memory-limit): measurement=\"" +
           std::string(measurement) + "\" dropped";
}

}  // namespace sluice::engine
