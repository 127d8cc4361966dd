// A line that the fast path does not take: read by the book, then added to the batch or refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/point_text.h"
#include "ingest/rejection_list.h"
#include "sluice/ingest/line_protocol.h"

namespace sluice::ingest {

// What one call of parse() works on.
struct Request {
    const ParseOptions& options;
    const model::ShardMap& shards;
    model::SeriesIndex& index;
    model::PointBatch& batch;
    ParseResult& result;
    RejectionList& rejections;
    model::Timestamp default_time;  // options.now, truncated
    std::uint64_t cells_max;
};

// What became of a line.
struct CarefulLine {
    bool is_malformed = false;
    // The bytes of the line's key as the index knows them, or kNone where they may not be guessed
    // from: refused, or escaped in a way that needs the whole line.
    model::SpellingId spelling = model::SeriesIndex::kNone;
};

class CarefulPath {
public:
    // `line` is what lies before the newline, leading blanks included. Text values point into it.
    CarefulLine parse(Request& request, std::string_view line, std::uint32_t number);

    // The parts of the line last parsed, if it was well formed.
    const PointText& point() const { return point_; }

private:
    struct Value {
        std::string name;
        FieldValueText value;
    };

    // Leaves what is wrong in `why`.
    void read_values(std::string& why);
    bool is_storable(Request& request, std::uint32_t number);
    void unescape_strings(model::PointBatch& batch);
    CarefulLine add(Request& request, model::Timestamp time, std::uint32_t number);

    PointText point_;
    std::vector<Value> values_;
    std::size_t value_count_ = 0;
    std::string key_;
};

}  // namespace sluice::ingest
