// A zone of the IANA database: how far its clocks are ahead of UTC at any time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/model/timestamp.h"

namespace sluice::query {

// A zone is immutable, and shared by all that a statement makes of it. The files of the database
// are read when a zone is looked for first, and kept for as long as the process lives.
class TimeZone {
public:
    // Finds a zone by its name, or returns null if there is no such zone.
    static std::shared_ptr<const TimeZone> find(const std::string& name);
    // Returns false if the machine has no database of zones. Then only UTC is known.
    static bool has_database();

    virtual ~TimeZone() = default;
    // Nanoseconds that are added to UTC for local time.
    virtual std::int64_t offset_ns(model::Timestamp t) const = 0;
    // Returns whether clocks are set in (begin, end].
    virtual bool changes_between(model::Timestamp begin, model::Timestamp end) const = 0;
    // The time when clocks show `local_seconds`, as Go's time.Date() finds it where they show it
    // twice or never.
    virtual std::int64_t utc_seconds(std::int64_t local_seconds) const = 0;
};

}  // namespace sluice::query
