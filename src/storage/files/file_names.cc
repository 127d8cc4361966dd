#include "storage/files/file_names.h"

#include <charconv>

namespace sluice::storage {
namespace {

constexpr std::string_view kLogSuffix = ".log";
constexpr std::string_view kSegmentSuffix = ".seg";
constexpr std::string_view kManifestPrefix = "MANIFEST-";
constexpr std::string_view kManifestCopySuffix = "-copy";
constexpr std::string_view kQuarantineSuffix = ".damaged";
constexpr std::string_view kUnlistedSuffix = ".unlisted";

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, failure] = std::from_chars(digits.data(), end, value);
    if (failure != std::errc() || stop != end || std::to_string(value) != digits) return {};
    return value;
}

std::optional<std::uint64_t> parse_with_suffix(std::string_view name, std::string_view suffix) {
    if (!name.ends_with(suffix)) return {};
    return parse_number(name.substr(0, name.size() - suffix.size()));
}

}  // namespace

std::string log_directory(const std::string& store) {
    return store + "/wal";
}
std::string shards_directory(const std::string& store) {
    return store + "/shards";
}
std::string group_directory(const std::string& store, model::ShardGroupId group) {
    return shards_directory(store) + "/" + std::to_string(group);
}
std::string log_path(const std::string& store, std::uint64_t number) {
    return log_directory(store) + "/" + std::to_string(number) + std::string(kLogSuffix);
}
std::string segment_path(const std::string& store, model::ShardGroupId group, std::uint64_t id) {
    return group_directory(store, group) + "/" + std::to_string(id) + std::string(kSegmentSuffix);
}
std::string manifest_path(const std::string& store, std::uint64_t number) {
    return store + "/" + std::string(kManifestPrefix) + std::to_string(number);
}

std::string manifest_copy_path(const std::string& store, std::uint64_t number) {
    return manifest_path(store, number) + std::string(kManifestCopySuffix);
}

std::optional<std::uint64_t> parse_log_name(std::string_view name) {
    return parse_with_suffix(name, kLogSuffix);
}
std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
    return parse_with_suffix(name, kSegmentSuffix);
}
std::optional<std::uint64_t> parse_manifest_name(std::string_view name) {
    if (!name.starts_with(kManifestPrefix)) return {};
    return parse_number(name.substr(kManifestPrefix.size()));
}
std::optional<std::uint64_t> parse_manifest_copy_name(std::string_view name) {
    if (!name.ends_with(kManifestCopySuffix)) return {};
    return parse_manifest_name(name.substr(0, name.size() - kManifestCopySuffix.size()));
}
std::optional<model::ShardGroupId> parse_group_name(std::string_view name) {
    return parse_number(name);
}

std::string quarantine_path(const std::string& path) {
    return path + std::string(kQuarantineSuffix);
}
std::string unlisted_path(const std::string& path) {
    return path + std::string(kUnlistedSuffix);
}
bool is_quarantine_name(std::string_view name) {
    return name.ends_with(kQuarantineSuffix) || name.ends_with(kUnlistedSuffix);
}
std::optional<std::uint64_t> parse_set_aside_segment_name(std::string_view name) {
    const std::size_t suffix = name.find(kSegmentSuffix);
    if (suffix == std::string_view::npos || !is_quarantine_name(name)) return {};
    return parse_number(name.substr(0, suffix));
}

}  // namespace sluice::storage
