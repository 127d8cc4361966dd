// The results of a request's statements, written as they come: JSON or CSV, whole or in chunks.
//
// Calls come in this order: begin(); per statement begin_statement(), any number of series, each
// with begin_series() and rows, end_statement(); end(). After each row or series the caller awaits
// flush() when should_flush() says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "query/json_text.h"
#include "query/value.h"
#include "sluice/base/result.h"
#include "sluice/model/timestamp.h"
#include "sluice/query/result_writer.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {

struct SeriesHead {
    std::string name;                                       // may be empty
    std::vector<std::pair<std::string, std::string>> tags;  // sorted by key
    std::vector<std::string> columns;
    bool operator==(const SeriesHead&) const = default;
};

// How InfluxDB cuts the rows of a statement into pieces.
struct StatementShape {
    bool splits_series = true;  // into chunk_size rows (SELECT and what is rewritten to it)
    bool marks_partial = true;  // documents that are not the last say so
};

class AnswerWriter {
public:
    // `sink` outlives the writer.
    AnswerWriter(const QueryRequest& request, ResultSink& sink);

    void begin();
    void begin_statement(std::size_t id, StatementShape shape = {});
    void begin_series(SeriesHead head);
    // One row: begin_row(), its values in the order of the columns, end_row().
    void begin_row();
    // Shown by clocks that are `zone_offset_ns` ahead of UTC where it is shown as a date.
    void time(model::Timestamp t, std::int64_t zone_offset_ns = 0);
    void value(const Value& value);
    void end_row();
    void end_series();
    void message(std::string_view level, std::string_view text);
    // `error` takes the place of a result. Rows written before it stay.
    void end_statement(const std::optional<Error>& error = {});
    void end();

    bool should_flush() const { return out().size() >= (chunked_ ? 1 : kFlushBytes); }
    // Passes what is ready to the sink. False when the sink refused, now or before: then nothing
    // more is of use, and sink_error() says why.
    io::Task<bool> flush();
    const std::optional<Error>& sink_error() const { return sink_error_; }

    bool chunked() const { return chunked_; }

private:
    static constexpr std::size_t kFlushBytes = 64 * 1024;

    const std::string& out() const { return csv_ ? csv_text_ : json_out_; }
    void open_document();
    void close_document(bool partial);
    void finish_result();
    void open_series_text();
    void close_series_text(bool partial);
    void csv_header();
    void csv_field(std::string_view text);

    ResultSink& sink_;
    const bool csv_;
    const bool chunked_;
    const std::uint64_t chunk_size_;
    // Nanoseconds per unit of times; 0: RFC 3339.
    std::int64_t epoch_ns_ = 0;

    JsonText json_;
    std::string json_out_;  // complete pieces of json_
    std::string csv_text_;
    std::string scratch_;

    std::size_t statement_ = 0;
    StatementShape shape_;
    bool document_open_ = false;  // a result object has been begun
    bool series_array_open_ = false;
    bool values_open_ = false;
    SeriesHead head_;
    std::uint64_t rows_in_chunk_ = 0;
    std::uint64_t rows_in_series_ = 0;
    std::vector<std::pair<std::string, std::string>> messages_;
    // CSV: the statement whose header was written last, and its columns.
    std::optional<std::size_t> csv_statement_;
    std::vector<std::string> csv_columns_;
    std::string csv_prefix_;
    std::optional<Error> sink_error_;
};

}  // namespace sluice::query
