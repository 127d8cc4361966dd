// The canonical bytes of a series: `measurement,tag=value,tag=value`, escaped as line protocol.
//
// Tags are sorted by key; in the measurement `,` and ` ` carry a backslash, in tag keys and values
// `,`, ` ` and `=` do (InfluxDB models/points.go: measurementEscapeCodes, tagEscapeCodes). Two
// lines name the same series exactly when their canonical bytes are equal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::model {

struct Tag {
    std::string key;
    std::string value;
    bool operator==(const Tag&) const = default;
    auto operator<=>(const Tag&) const = default;
};

// A series key taken apart: names as the user means them, without escapes; tags sorted by key.
struct SeriesName {
    std::string measurement;
    std::vector<Tag> tags;

    // The value of the tag, or an empty view where the series has no such tag (InfluxQL does not
    // tell the two apart either: an empty tag value cannot be written).
    std::string_view tag_value(std::string_view key) const;
};

void append_escaped_measurement(std::string& out, std::string_view name);
void append_escaped_tag(std::string& out, std::string_view key_or_value);

// Undoes the escapes above; a backslash before any other byte stays as it is.
std::string unescape_measurement(std::string_view escaped);
std::string unescape_tag(std::string_view escaped);

// Compares canonical keys in the order of lists: by measurement, then tag for tag by key and value,
// all as the user means them (InfluxDB tsdb/series_file.go: CompareSeriesKeys). Escapes count for
// nothing. The order of the bytes is another one.
bool series_precedes(std::string_view a, std::string_view b);

// `tags` are sorted by key and without duplicates.
std::string make_series_key(std::string_view measurement, const std::vector<Tag>& tags);

// `key` is canonical, as made by make_series_key().
SeriesName parse_series_key(std::string_view key);

// The escaped measurement at the start of a canonical key.
std::string_view measurement_of_series_key(std::string_view key);

}  // namespace sluice::model
