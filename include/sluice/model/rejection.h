// A Rejection is a point or line that a write did not take, and the reason.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::model {

enum class RejectReason : std::uint8_t {
    kParse,            // not line protocol
    kTypeConflict,     // a field has another type in this shard group
    kBeyondRetention,  // older than the retention policy keeps
    kLimit,            // a documented bound (series, key size)
    kInvalidName,      // a tag named time, or no field but one named time
};

struct Rejection {
    RejectReason reason = RejectReason::kParse;
    std::uint32_t line = 0;  // from 1
    // The sentence InfluxDB would use, e.g. `unable to parse 'bad': missing fields`.
    std::string message;
};

}  // namespace sluice::model
