#include "server/prometheus/sample_batch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "server/prometheus/read_statement.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// Where no label names the measurement (InfluxDB's constant).
constexpr std::string_view kNoName = "prom_metric_not_specified";
constexpr std::size_t kRefusalTextMax = 1024;

bool is_storable_time(std::int64_t time_ms) {
    return time_ms >= model::kTimestampMin / kMillisecondNs &&
           time_ms <= model::kTimestampMax / kMillisecondNs;
}

// What line protocol could not write either: it would end the line, or take the separator behind it
// for a part of the value.
bool is_unwritable(std::string_view text) {
    return text.find('\n') != text.npos || text.ends_with('\\');
}

void name_refusal(ingest::ParseResult& parsed, model::RejectReason reason, std::string text) {
    if (text.size() > parsed.rejection_bytes_left && !parsed.rejections.empty()) return;
    text.resize(std::min(text.size(), kRefusalTextMax));
    parsed.rejection_bytes_left -= std::min(text.size(), parsed.rejection_bytes_left);
    parsed.rejections.push_back({reason, parsed.lines, std::move(text)});
}

}  // namespace

// The last of several labels of one name counts, and one without a value is as if it were not
// there.
std::string SampleBatch::make_key(const RemoteSeries& series, std::string& refusal) {
    std::string measurement(kNoName);
    tags_.clear();
    for (const RemoteLabel& label : series.labels) {
        if (label.name == kNameLabel && !label.value.empty()) measurement = label.value;
        if (is_unwritable(label.name) || is_unwritable(label.value)) {
            refusal = "invalid label: a line break or a final backslash cannot be kept";
        }
        tags_.push_back({std::string(label.name), std::string(label.value)});
    }
    std::ranges::stable_sort(tags_, {}, &model::Tag::key);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tags_.size(); ++i) {
        const bool is_last = i + 1 == tags_.size() || tags_[i + 1].key != tags_[i].key;
        if (!is_last || tags_[i].key.empty() || tags_[i].value.empty()) continue;
        if (tags_[i].key == "time") {
            refusal = "invalid tag key: input tag \"time\" on measurement \"" + measurement +
                      "\" is invalid";
        }
        if (kept != i) tags_[kept] = std::move(tags_[i]);
        ++kept;
    }
    tags_.resize(kept);
    std::string key = model::make_series_key(measurement, tags_);
    if (key.size() > ingest::kKeyBytesMax) {
        refusal = model::key_too_long(key.size(), ingest::kKeyBytesMax);
    }
    return key;
}

void SampleBatch::refuse(const RemoteSeries& series, std::string refusal, SampleCounts& counts) {
    counts.parsed.dropped += series.samples.size();
    name_refusal(counts.parsed, model::RejectReason::kInvalidName, std::move(refusal));
}

void SampleBatch::add(const RemoteSeries& series, SampleCounts& counts) {
    ++counts.parsed.lines;
    if (series.samples.empty()) return;
    std::string refusal;
    const std::string key = make_key(series, refusal);
    if (!refusal.empty()) return refuse(series, std::move(refusal), counts);
    // A series that has no point is not made.
    std::optional<model::SeriesId> id;
    for (const RemoteSample& sample : series.samples) {
        if (!std::isfinite(sample.value)) {
            ++counts.not_finite;
            continue;
        }
        if (!is_storable_time(sample.time_ms)) {
            ++counts.parsed.dropped;
            name_refusal(counts.parsed, model::RejectReason::kLimit, "time outside range");
            continue;
        }
        const model::Timestamp time = sample.time_ms * kMillisecondNs;
        if (!shards_.takes(time)) {
            if (const model::WriteBounds* const bounds = shards_.bounds()) {
                counts.parsed.note_dropped(*bounds, key, time);
            }
            if (counts.parsed.beyond_retention++ == 0) {
                name_refusal(counts.parsed, model::RejectReason::kBeyondRetention,
                             std::string(model::kBeyondRetention));
            }
            continue;
        }
        if (!id) id = index_.add_series(key);
        model::BatchTable& table = batch_.table(index_.measurement(*id), shards_.find(time));
        const std::uint32_t row = table.rows();
        table.series.push_back(*id);
        table.times.push_back(time);
        table.lines.push_back(counts.parsed.lines);
        table.column(kValueField, model::FieldType::kFloat)
            .set_word(row, std::bit_cast<std::uint64_t>(sample.value));
        ++counts.parsed.rows;
    }
}

}  // namespace sluice::server
