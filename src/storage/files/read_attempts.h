// The stubbornness of a start.
#pragma once

namespace sluice::storage {

// The number of times that a start asks the device for the same bytes before it goes on without
// them.
inline constexpr int kReadAttempts = 5;

}  // namespace sluice::storage
