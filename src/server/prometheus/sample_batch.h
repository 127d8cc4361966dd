// Samples of Prometheus as points (InfluxDB 1.8, prometheus/converters.go: WriteRequestToPoints):
// the label __name__ is the measurement, every label a tag, and a sample the field "value".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/prometheus/remote_request.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/series_index.h"
#include "sluice/model/series_key.h"
#include "sluice/model/shard_map.h"

namespace sluice::server {

// What became of the samples. `parsed` counts points as it does for lines of text; "lines" are
// series.
struct SampleCounts {
    ingest::ParseResult parsed;
    // NaN and infinities: not points, as in InfluxDB, and Prometheus' mark for "stale" among them.
    std::uint64_t not_finite = 0;
};

// Keeps scratch memory from one series to the next. Everything outlives the batch.
class SampleBatch {
public:
    SampleBatch(const model::ShardMap& shards, model::SeriesIndex& index, model::PointBatch& batch)
        : shards_(shards), index_(index), batch_(batch) {}

    // Adds the samples of a series; those that cannot be points are counted, and named as the text
    // of a partial write names them.
    void add(const RemoteSeries& series, SampleCounts& counts);

private:
    std::string make_key(const RemoteSeries& series, std::string& refusal);
    void refuse(const RemoteSeries& series, std::string refusal, SampleCounts& counts);

    const model::ShardMap& shards_;
    model::SeriesIndex& index_;
    model::PointBatch& batch_;
    std::vector<model::Tag> tags_;
};

}  // namespace sluice::server
