// A catalog made again from what the stores know of their shard groups, for the day on which it was
// lost, wholly or in part.
//
// Pure. What comes back: databases, retention policies, shard groups, types of fields. What only
// the catalog knew does not: users, continuous queries, subscriptions, deletes that were not yet
// applied, which policy is the default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/meta/catalog_editor.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::meta {

struct GroupOwner {
    std::string database;
    std::string retention_policy;
    model::TimeRange range;               // of the group
    std::int64_t policy_duration_ns = 0;  // when the group was new; 0: for ever
};

// A shard group as the stores know it.
struct FoundGroup {
    model::ShardGroupId id = 0;
    std::optional<GroupOwner> owner;  // nothing: no store knows
    std::optional<model::TimeRange> rows;
    std::vector<MeasurementWanted> measurements;
};

struct RebuildReport {
    std::uint64_t databases = 0;
    std::uint64_t policies = 0;
    std::uint64_t groups = 0;
    std::uint64_t measurements = 0;  // distinct within their group
    // One sentence each: what came back, and what of it is a guess or lies elsewhere now.
    std::vector<std::string> made;
    std::vector<std::string> doubts;

    bool is_empty() const { return groups == 0 && measurements == 0; }
    // "2 databases, 3 retention policies, ...".
    std::string summary() const;
};

// Groups of `found` that the catalog neither knows nor has given up, and with `with_schemas` what
// it lacks of the fields of those it knows. Groups of unknown database, or that overlap another of
// their policy, come into a database of their own named "recovered". `found` has each group once.
RebuildReport rebuild_catalog(CatalogEditor& editor, std::vector<FoundGroup> found,
                              bool with_schemas);

}  // namespace sluice::meta
