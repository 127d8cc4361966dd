// From the tags of a line to the canonical key of its series.
#pragma once

#include <string>
#include <string_view>

#include "ingest/point_text.h"

namespace sluice::ingest {

// Whether a tag is called "time", which InfluxDB does not store.
bool has_time_tag(const PointText& point);

// The canonical key (model/series_key.h) of the series that `point` names.
void make_canonical_key(const PointText& point, std::string& key);

// Whether the bytes of `key` alone, as written in a line, say which series is meant, so that it may
// be looked up by them. Not so after a backslash pair (InfluxDB's passes then disagree on what is
// escaped), nor where a measurement has escapes that canonical keys do not have.
bool is_settled(std::string_view key);

}  // namespace sluice::ingest
