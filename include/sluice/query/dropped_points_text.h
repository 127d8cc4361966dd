// What a write says of points that the limits of its policy kept out, in InfluxDB 1.12's words.
#pragma once

#include <string>

#include "sluice/model/dropped_points.h"

namespace sluice::query {

// "dropped 1 points outside retention policy of duration 168h0m0s and 2 points outside write window
// (-1h0m0s to 10m0s) - oldest point m,t=a at ... dropped because it violates a Write Window Lower
// Bound at ..., newest point ...", of at least one point.
std::string dropped_points_text(const model::DroppedPoints& points);

}  // namespace sluice::query
