// What a store keeps of its shard groups for the day on which the catalog is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

struct GroupFacts {
    std::string database;
    std::string policy;
    model::TimeRange range;
    std::int64_t policy_duration_ns = 0;  // when its first rows came; 0: for ever
    bool operator==(const GroupFacts&) const = default;
};

using GroupFactsMap = std::map<model::ShardGroupId, GroupFacts>;
// What is known of those groups; those that are unknown are left out.
using DescribeGroups = std::function<GroupFactsMap(const std::set<model::ShardGroupId>&)>;

}  // namespace sluice::storage
