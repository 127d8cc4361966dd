// InfluxDB's sentences that more than one room says, each spelled once.
//
// Clients compare them: libraries look for "database not found", Telegraf for "partial write" and
// "points beyond retention policy". So they are part of the interface, and src/server/API.md lists
// them with their statuses; a test holds the two against each other. What only one file says stays
// in that file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::model {

// The code is kDatabaseNotFound. Where InfluxDB quotes the name, the caller hands it in quoted.
Error database_not_found(std::string_view name);
// "retention policy not found: r", with the code kRetentionPolicyNotFound. Where InfluxDB says the
// database too, the caller hands in "d.r".
Error retention_policy_not_found(std::string_view name);
Error database_name_required();

Error user_not_found();
Error user_exists();
Error user_name_required();

// What is said of one point whose series key is `bytes` long, where `bytes_max` may be.
std::string key_too_long(std::size_t bytes, std::size_t bytes_max);
// What is said of points whose time is before what the policy keeps.
inline constexpr std::string_view kBeyondRetention = "points beyond retention policy";
// "partial write: <reason> dropped=<points>": the other points of the request have landed.
std::string partial_write(std::string_view reason, std::uint64_t dropped);

// The body is larger than `max-body-size`.
inline constexpr std::string_view kBodyTooLarge = "Request Entity Too Large";
// A bounded resource is full for now; neither sentence has a phrase after which Telegraf drops.
inline constexpr std::string_view kServerBusy = "the server is busy, try again later";
inline constexpr std::string_view kTooManyBytesInFlight = "too many bytes of requests in flight";

}  // namespace sluice::model
