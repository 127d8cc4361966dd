// A RetentionPolicySpec is what CREATE DATABASE, CREATE and ALTER RETENTION POLICY may say about a
// policy. InfluxDB's rules fill in the rest (services/meta/data.go).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/units.h"

namespace sluice::meta {

inline constexpr std::string_view kDefaultPolicyName = "autogen";
inline constexpr std::int64_t kPolicyDurationMinNs = kHourNs;
// InfluxDB names directories after databases and policies.
inline constexpr std::size_t kNameBytesMax = 255;

// Everything optional; CREATE DATABASE d WITH ... passes what was written.
struct RetentionPolicySpec {
    std::string name;                         // empty: autogen
    std::optional<std::int64_t> duration_ns;  // 0 = INF
    std::optional<std::uint32_t> replica_n;
    std::int64_t shard_group_duration_ns = 0;     // 0: derived from the duration
    std::optional<std::int64_t> past_limit_ns;    // 0: none
    std::optional<std::int64_t> future_limit_ns;  // likewise
};

struct RetentionPolicyUpdate {
    std::optional<std::int64_t> duration_ns;
    std::optional<std::uint32_t> replica_n;
    std::optional<std::int64_t> shard_group_duration_ns;  // 0: derived from the duration
    std::optional<std::int64_t> past_limit_ns;            // 0: none
    std::optional<std::int64_t> future_limit_ns;          // likewise
};

// One hour below two days, one day below 180 days, else (and for ever) a week. A duration that was
// asked for stands, if it is at least an hour.
std::int64_t shard_group_duration_for(std::int64_t asked_ns, std::int64_t policy_duration_ns);

// Returns whether a name is allowed: it is printable, has no slash or backslash, and is not empty,
// "." or "..".
bool is_valid_name(std::string_view name);

}  // namespace sluice::meta
