// An AnswerWriter writes the results of the statements of a request as they come, whole or in
// chunks.
//
// Calls come in this order: begin(); per statement begin_statement(), any number of series, each
// with begin_series() and rows, end_statement(); end(). After each row or series the caller awaits
// flush() when should_flush() says so.
//
// What a chunk is depends on the statement (StatementShape) and is decided here once for all
// formats. Bytes pile up in the format's text until flush() hands them to the sink, which completes
// when it can take more: so an answer holds no more than a piece, unless its format cannot be
// written before it is known as a whole (MessagePack has lengths in front).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "query/answer/answer_text.h"
#include "query/expr/value.h"
#include "sluice/base/result.h"
#include "sluice/model/timestamp.h"
#include "sluice/query/answer_sink.h"
#include "sluice/query/query_request.h"

namespace sluice::query {

// The shape of a statement decides how InfluxDB cuts its rows into pieces.
struct StatementShape {
    bool splits_series = true;  // into chunk_size rows (SELECT and what is rewritten to it)
    bool marks_partial = true;  // documents that are not the last say so
    bool one_document = false;  // all series of the statement, however many (lists of the catalog)
};

class AnswerWriter {
public:
    // `sink` and `query` outlive the writer; `query` may be null. An answer that cannot leave
    // before it is complete may keep `bytes_kept_max`.
    AnswerWriter(const QueryRequest& request, AnswerSink& sink, const RunningQuery* query,
                 std::uint64_t bytes_kept_max);

    void begin();
    void begin_statement(std::size_t id, StatementShape shape = {});
    void begin_series(AnswerSeries head);
    // A row is begin_row(), its values in the order of the columns, and end_row().
    void begin_row();
    // Shown by clocks that are `zone_offset_ns` ahead of UTC where it is shown as a date.
    void time(model::Timestamp t, std::int64_t zone_offset_ns = 0) {
        if (!past_limit_) text_->time(t, zone_offset_ns);
    }
    void value(const Value& value) {
        if (!past_limit_) text_->value(value);
    }
    void texts(const std::vector<std::string>& list) {
        if (!past_limit_) text_->texts(list);
    }
    void end_row();
    void end_series();
    // Does the same, and ends a chunk that does not say that others follow.
    void end_chunk();
    void message(std::string_view level, std::string_view text);
    // `error` takes the place of a result. Rows written before it stay.
    void end_statement(std::optional<Error> error = {});
    void end();

    bool should_flush() const;
    // Passes what is ready to the sink. It returns false when nothing more is of use: the sink
    // refused, now or before, and sink_error() says why; or the query is to stop; or the answer is
    // full.
    io::Task<bool> flush();
    // Does the same for what is written after a query has stopped.
    io::Task<bool> flush_all();
    const std::optional<Error>& sink_error() const { return sink_error_; }

    bool chunked() const { return chunked_; }
    // Returns whether max-row-limit is reached. Rows that follow are not written, and further
    // statements are of no use.
    bool is_full() const { return rows_max_ != 0 && rows_ >= rows_max_; }
    // Written so far, in all statements.
    std::uint64_t rows() const { return rows_; }
    // Returns an error if more is kept than may be.
    std::optional<Error> kept_too_much() const;

private:
    static constexpr std::size_t kFlushBytes = 64 * 1024;

    void close_result(bool partial);
    void open_series();
    void close_series(bool partial);

    AnswerSink& sink_;
    const RunningQuery* query_;
    const std::uint64_t bytes_kept_max_;
    const bool chunked_;
    const std::uint64_t chunk_size_;
    const std::uint64_t rows_max_;
    std::unique_ptr<AnswerText> text_;

    std::size_t statement_ = 0;
    StatementShape shape_;
    // Opened as late as possible: a statement without series has a result without a list of them.
    bool result_open_ = false;
    bool series_open_ = false;
    bool past_limit_ = false;  // the present row is not written
    bool cut_off_ = false;     // rows of the present series were not written
    AnswerSeries head_;        // of the present series, which opens once more in each chunk
    std::uint64_t rows_ = 0;   // of the whole answer
    std::uint64_t rows_in_chunk_ = 0;
    ResultEnd result_end_;
    std::optional<Error> sink_error_;
};

}  // namespace sluice::query
