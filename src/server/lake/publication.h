// What is published of one measurement in one shard group: which generation, and which files.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "server/export/table_export.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::server {

// A measurement of a retention policy: a table of the lake.
struct TableKey {
    std::string database;
    std::string policy;
    std::string measurement;
    auto operator<=>(const TableKey&) const = default;
    std::string text() const { return database + "." + policy + "." + measurement; }
};

struct PublicationKey {
    TableKey table;
    model::ShardGroupId group = 0;
    auto operator<=>(const PublicationKey&) const = default;
};

// What the stores had of a group when it was read. Where another one is found, rows may be others;
// where the same one is found, they are the same.
struct GroupMark {
    std::uint64_t segments = 0;  // engine::ShardReport::segments_mark
    std::uint64_t deletes = 0;   // sequence of the newest delete that may concern it
    bool operator==(const GroupMark&) const = default;
};

struct Publication {
    std::uint64_t generation = 0;
    model::TimeRange range;  // of the shard group
    GroupMark mark;
    std::vector<WrittenFile> files;

    std::uint64_t rows() const;
    std::uint64_t bytes() const;
    bool operator==(const Publication&) const = default;
};

// Where a file lies below the root of the lake:
// <database>/<policy>/<measurement>/day=<day>/node=<node>/<group>-<generation>-<part>.parquet.
std::string published_path(const PublicationKey& key, const std::string& node,
                           std::uint64_t generation, const WrittenFile& file);
// How the paths of all files of that day begin, of whatever generation.
std::string published_prefix(const PublicationKey& key, const std::string& node, std::int64_t day);

}  // namespace sluice::server
