// How stubborn a start is.
#pragma once

namespace sluice::storage {

// How often a start asks the device for the same bytes before it goes on without them.
inline constexpr int kReadAttempts = 5;

}  // namespace sluice::storage
