// A WriteReport says what became of the points of one request. The functions make InfluxDB's
// sentences of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/engine/core.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/model/rejection.h"

namespace sluice::server {

struct WriteReport {
    ingest::ParseResult parsed;
    engine::WriteOutcome outcome;
    // Points the engine took out of the batch.
    const std::vector<model::Rejection>* refused = nullptr;

    // Returns the number of points that were well formed and in time, and still not stored.
    std::uint64_t dropped() const { return parsed.dropped + (parsed.rows - outcome.rows_written); }
    bool is_clean() const {
        return parsed.rejected == 0 && parsed.beyond_retention == 0 && dropped() == 0;
    }
};

// Returns the sentences of all lines that are not line protocol, as InfluxDB joins them.
std::string joined_parse_errors(const ingest::ParseResult& parsed);

// "partial write: ... dropped=N". InfluxDB gives one reason: a refusal by a shard before points
// beyond retention (coordinator/points_writer.go), both before bad lines.
std::string partial_write_text(const WriteReport& report);

// Returns what 2.x says of a body at which the gzip reader stopped with `message`, and what it
// means to say of a broken header.
std::string platform_gzip_text(std::string_view message, std::size_t body_bytes);

}  // namespace sluice::server
