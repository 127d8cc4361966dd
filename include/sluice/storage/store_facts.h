// What a stopped store knows of the catalog: for the day on which that is lost.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/model/field_type.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"
#include "sluice/storage/group_facts.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::storage {

using FieldTypes = std::map<std::string, model::FieldType>;

struct GroupContent {
    // Where the version that wrote its rows kept it.
    std::optional<GroupFacts> facts;
    // Measurements that have rows, in segments or logs, with their fields; unescaped. Deletes that
    // are not yet applied are not looked at.
    std::map<std::string, FieldTypes> measurements;
    // Of those rows: what the group's own range includes.
    std::optional<model::TimeRange> rows;
};

struct StoreFacts {
    std::map<model::ShardGroupId, GroupContent> groups;
    std::uint64_t sequence_max = 0;
    // One sentence per file, or part of one, that could not be read or contradicts another.
    std::vector<std::string> damage;
};

// Changes nothing. No Store has the directory open. Reads footers of segments, also of those that
// no manifest names, and logs of what is not in segments. An error means that nothing could be
// read.
io::Task<Result<StoreFacts>> read_store_facts(io::Reactor& reactor, std::string directory);

// The highest number of a group that has a folder in the store, 0: none has. One listing.
io::Task<Result<model::ShardGroupId>> find_last_group(io::Reactor& reactor, std::string directory);

}  // namespace sluice::storage
