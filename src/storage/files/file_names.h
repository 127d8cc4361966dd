// The names of the files of a store. They are numbers, so that order and uniqueness are plain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/model/shard_map.h"

namespace sluice::storage {

std::string log_directory(const std::string& store);     // <store>/wal
std::string shards_directory(const std::string& store);  // <store>/shards
std::string group_directory(const std::string& store, model::ShardGroupId group);
std::string log_path(const std::string& store, std::uint64_t number);
std::string segment_path(const std::string& store, model::ShardGroupId group, std::uint64_t id);
std::string manifest_path(const std::string& store, std::uint64_t number);
std::string manifest_copy_path(const std::string& store, std::uint64_t number);  // …-copy

// The counterparts parse names without a directory. There is no result when the name is of another
// kind.
std::optional<std::uint64_t> parse_log_name(std::string_view name);
std::optional<std::uint64_t> parse_segment_name(std::string_view name);
std::optional<std::uint64_t> parse_manifest_name(std::string_view name);
std::optional<std::uint64_t> parse_manifest_copy_name(std::string_view name);
std::optional<model::ShardGroupId> parse_group_name(std::string_view name);

// Returns the name that a damaged file gets. Nothing reads or removes it any more.
std::string quarantine_path(const std::string& path);  // <path>.damaged
// A whole segment that no manifest names and that must not serve beside those that do.
std::string unlisted_path(const std::string& path);  // <path>.unlisted
// Of both kinds.
bool is_quarantine_name(std::string_view name);
// The number that a segment's file had before it was set aside, under any name: such numbers are
// not given out again.
std::optional<std::uint64_t> parse_set_aside_segment_name(std::string_view name);

}  // namespace sluice::storage
