// An AnswerText is one format of an answer. AnswerWriter decides what comes in which piece, and
// this says how it looks.
//
// Order of calls: open_answer() unless chunked; per result open_result(), any number of series with
// their rows, close_result(); close_answer() unless chunked. Where answers are chunked each result
// is a document of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/expr/value.h"
#include "sluice/base/result.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

struct AnswerSeries {
    std::string name;                                       // may be empty
    std::vector<std::pair<std::string, std::string>> tags;  // sorted by key
    std::vector<std::string> columns;
    bool operator==(const AnswerSeries&) const = default;
};

// The end of a result, which stands behind its series.
struct ResultEnd {
    std::vector<std::pair<std::string, std::string>> messages;  // level and text
    bool partial = false;
    std::optional<Error> error;
};

struct AnswerTextOptions {
    bool pretty = false;
    bool chunked = false;
    // Nanoseconds per unit of times; 0: RFC 3339 (msgpack: its own type of time).
    std::int64_t epoch_ns = 0;
};

// It keeps no state that a writer could ask for; the order of calls is the writer's to keep.
class AnswerText {
public:
    virtual ~AnswerText() = default;

    virtual void open_answer() = 0;
    virtual void close_answer() = 0;
    virtual void open_result(std::size_t statement) = 0;
    virtual void close_result(const ResultEnd& end) = 0;
    virtual void open_series(const AnswerSeries& head) = 0;
    virtual void close_series(bool partial) = 0;
    virtual void begin_row() = 0;
    // Dates are shown by clocks that are `zone_offset_ns` ahead of UTC.
    virtual void time(model::Timestamp t, std::int64_t zone_offset_ns) = 0;
    virtual void value(const Value& value) = 0;
    // Writes a list, in the last column. InfluxDB's CSV has no form for a list and repeats the name
    // of the column.
    virtual void texts(const std::vector<std::string>& list) = 0;
    virtual void end_row() = 0;

    // The bytes that may leave; the caller takes them away. A document of a chunked answer comes as
    // a whole.
    virtual std::string& ready() = 0;
    // Returns the bytes that are kept until a result or the answer is complete.
    virtual std::size_t bytes_kept() const { return 0; }
};

std::unique_ptr<AnswerText> make_json_answer(const AnswerTextOptions& options);
std::unique_ptr<AnswerText> make_csv_answer(const AnswerTextOptions& options);
std::unique_ptr<AnswerText> make_msgpack_answer(const AnswerTextOptions& options);

}  // namespace sluice::query
