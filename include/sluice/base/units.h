// Sizes and durations with their unit in the name.
#pragma once

#include <cstdint>

namespace sluice {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

inline constexpr std::int64_t kMicrosecondNs = 1000;
inline constexpr std::int64_t kMillisecondNs = 1000 * kMicrosecondNs;
inline constexpr std::int64_t kSecondNs = 1000 * kMillisecondNs;
inline constexpr std::int64_t kMinuteNs = 60 * kSecondNs;
inline constexpr std::int64_t kHourNs = 60 * kMinuteNs;
inline constexpr std::int64_t kDayNs = 24 * kHourNs;
inline constexpr std::int64_t kWeekNs = 7 * kDayNs;

}  // namespace sluice
