#include "sluice/model/timestamp.h"

namespace sluice::model {

Timestamp truncate_as_go(Timestamp t, std::int64_t duration_ns) {
    // Days from 0001-01-01 to 1970-01-01 in the proleptic Gregorian calendar.
    constexpr __int128 kYearOneToEpochNs = __int128{719162} * kDayNs;
    const __int128 since_year_one = kYearOneToEpochNs + t;
    __int128 remainder = since_year_one % duration_ns;
    if (remainder < 0) remainder += duration_ns;
    const __int128 truncated = __int128{t} - remainder;
    return truncated < kTimestampMin ? kTimestampMin : static_cast<Timestamp>(truncated);
}

}  // namespace sluice::model
