// The series of a database as a count finds them in the stores of one core.
#pragma once

#include <vector>

#include "engine/names/series_set.h"
#include "engine/names/tag_values.h"

namespace sluice::engine {

struct CountedSeries {
    SeriesSet series;
    std::vector<TagValue> values;  // none twice; none at all where they have no bound
};

}  // namespace sluice::engine
