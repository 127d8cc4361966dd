// Line protocol to columns: a whole request body becomes a model::PointBatch.
//
// Which lines are accepted, with which value, and the sentence for those that are not, are
// InfluxDB 1.x's (src/ingest/LINE_PROTOCOL.md lists grammar, texts and the chosen differences).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/model/dropped_points.h"
#include "sluice/model/point_batch.h"
#include "sluice/model/rejection.h"
#include "sluice/model/series_index.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::ingest {

// Longest `measurement,tags` as written, and longest key + 4 + field name (InfluxDB
// models/points.go: MaxKeyLength, seriesKeySize).
inline constexpr std::size_t kKeyBytesMax = 65535;
// Rows times fields of a body, unless the caller says less: beyond it, and beyond its bytes, most
// of them have no value, and would take far more memory than the body.
inline constexpr std::uint64_t kCellsMax = std::uint64_t{16} << 20;
// Text of all rejections a result carries; what exceeds it is only counted. The first one is always
// there, cut if need be.
inline constexpr std::size_t kRejectionBytesMax = 64 * 1024;

struct ParseOptions {
    model::Precision precision = model::Precision::kNanosecond;
    // The time of lines that name none, before it is truncated to `precision`.
    model::Timestamp now = 0;
    // v2: nothing of a body with a malformed line is written, so the rest need not be read. Its
    // rejection comes before those of dropped points, and its number counts all newlines, those in
    // strings too.
    bool stop_at_first_error = false;
    // Rows times fields, see kCellsMax; a cell takes eight bytes.
    std::uint64_t cells_max = kCellsMax;
    // Longest string value after unescaping. 1.8 has no bound, 1.9 and 2.x have this one.
    std::size_t string_bytes_max = std::size_t{1} << 20;
};

struct ParseResult {
    // Points added to the batch.
    std::uint64_t rows = 0;
    // Parsing ended at the bound of cells; the batch is of no use.
    bool is_too_sparse = false;
    // Lines seen, blank lines and comments included: a raw newline in a string starts no line.
    std::uint32_t lines = 0;
    // Lines that are not line protocol (RejectReason::kParse).
    std::uint64_t rejected = 0;
    // Points that are well formed but may not be stored (kInvalidName, kLimit). InfluxDB finds
    // these after parsing: they count in `dropped=` of a partial write and are 422 in v2.
    std::uint64_t dropped = 0;
    // Points that ShardMap::takes() refuses: the policy keeps none of their times, or its write
    // limits exclude them.
    std::uint64_t beyond_retention = 0;
    // The same points where the policy has write limits; null where it has none, or they fit.
    std::shared_ptr<model::DroppedPoints> dropped_points;
    // The rejections in the order of the lines, bounded by kRejectionBytesMax. Of points beyond
    // retention only the first is here.
    std::vector<model::Rejection> rejections;
    std::size_t rejection_bytes_left = kRejectionBytesMax;

    void note_dropped(const model::WriteBounds& bounds, std::string_view key,
                      model::Timestamp time) {
        if (!dropped_points) dropped_points = std::make_shared<model::DroppedPoints>(bounds);
        dropped_points->add(key, time);
    }
};

// The instruction set of the inner loops. Results do not depend on it.
enum class ParserKernel : std::uint8_t { kScalar, kAvx2, kAvx512 };

// Returns the fastest kernel that this machine can run.
ParserKernel best_parser_kernel();
bool is_parser_kernel_available(ParserKernel kernel);

// Keeps scratch memory and what it learned about the shape of lines from one request to the next;
// what it learned is only ever a guess that is checked. One core; not thread safe.
class LineProtocolParser {
public:
    explicit LineProtocolParser(ParserKernel kernel = best_parser_kernel());
    ~LineProtocolParser();
    LineProtocolParser(LineProtocolParser&&) noexcept;
    LineProtocolParser& operator=(LineProtocolParser&&) noexcept;

    // Appends the points of `body` to `batch`, then finishes it. String values point into `body`,
    // which stays alive and unchanged as long as the batch. A refused line leaves no trace in the
    // batch and none in the index.
    ParseResult parse(std::string_view body, const ParseOptions& options,
                      const model::ShardMap& shards, model::SeriesIndex& index,
                      model::PointBatch& batch);

    // The same in pieces, for a body that would take too long at once: lines of about `bytes_max`
    // from `at` on, which moves on. True while some are left. All pieces are given the same
    // arguments; other bodies may be parsed between them. The caller finishes the batch: that is
    // when fields that most rows do not have take their memory.
    bool parse_piece(std::string_view body, std::size_t bytes_max, std::size_t& at,
                     const ParseOptions& options, const model::ShardMap& shards,
                     model::SeriesIndex& index, model::PointBatch& batch, ParseResult& result);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::ingest
