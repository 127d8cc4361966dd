#include "query/answer/answer_writer.h"

#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "sluice/query/query_registry.h"

namespace sluice::query {
namespace {

// InfluxDB's default.
constexpr std::uint64_t kDefaultChunkSize = 10'000;

std::int64_t epoch_unit(std::string_view epoch) {
    while (!epoch.empty() && epoch.front() == ' ') epoch.remove_prefix(1);
    while (!epoch.empty() && epoch.back() == ' ') epoch.remove_suffix(1);
    if (epoch.empty()) return 0;
    if (epoch == "u") return kMicrosecondNs;
    if (epoch == "ms") return kMillisecondNs;
    if (epoch == "s") return kSecondNs;
    if (epoch == "m") return kMinuteNs;
    if (epoch == "h") return kHourNs;
    return 1;
}

std::unique_ptr<AnswerText> make_text(const QueryRequest& request) {
    const AnswerTextOptions options{request.pretty, request.chunked, epoch_unit(request.epoch)};
    if (is_csv(request.format)) return make_csv_answer(options);
    if (request.format == AnswerFormat::kMsgpack) return make_msgpack_answer(options);
    return make_json_answer(options);
}

}  // namespace

AnswerWriter::AnswerWriter(const QueryRequest& request, AnswerSink& sink, const RunningQuery* query,
                           std::uint64_t bytes_kept_max)
    : sink_(sink),
      query_(query),
      bytes_kept_max_(bytes_kept_max),
      chunked_(request.chunked),
      chunk_size_(request.chunked && request.chunk_size != 0 ? request.chunk_size
                                                             : kDefaultChunkSize),
      rows_max_(request.chunked ? 0 : request.rows_max),
      text_(make_text(request)) {}

void AnswerWriter::begin() {
    if (!chunked_) text_->open_answer();
}

void AnswerWriter::end() {
    if (!chunked_) text_->close_answer();
}

void AnswerWriter::begin_statement(std::size_t id, StatementShape shape) {
    statement_ = id;
    shape_ = shape;
    result_end_ = {};
}

void AnswerWriter::close_result(bool partial) {
    result_end_.partial = partial;
    text_->close_result(result_end_);
    result_end_.messages.clear();
    result_open_ = false;
}

// A chunk ends where a series begins, and says that others follow: so each chunk has one series, or
// a part of one. Lists of the catalog are the exception (one_document).
void AnswerWriter::begin_series(AnswerSeries head) {
    if (chunked_ && result_open_ && !shape_.one_document) close_result(shape_.marks_partial);
    head_ = std::move(head);
    cut_off_ = false;
    past_limit_ = is_full();
    if (!past_limit_) open_series();
}

void AnswerWriter::open_series() {
    if (!result_open_) text_->open_result(statement_);
    result_open_ = true;
    text_->open_series(head_);
    series_open_ = true;
    rows_in_chunk_ = 0;
}

void AnswerWriter::close_series(bool partial) {
    text_->close_series(partial);
    series_open_ = false;
}

void AnswerWriter::begin_row() {
    if (is_full()) {
        past_limit_ = true;
        cut_off_ = true;
        return;
    }
    if (chunked_ && shape_.splits_series && rows_in_chunk_ == chunk_size_) {
        close_series(true);
        close_result(true);
        open_series();
    }
    text_->begin_row();
    ++rows_in_chunk_;
    ++rows_;
}

void AnswerWriter::end_row() {
    if (!past_limit_) text_->end_row();
}

void AnswerWriter::end_series() {
    if (series_open_) close_series(cut_off_);
    past_limit_ = false;
}

void AnswerWriter::end_chunk() {
    end_series();
    if (chunked_ && result_open_) close_result(false);
}

void AnswerWriter::message(std::string_view level, std::string_view text) {
    result_end_.messages.emplace_back(level, text);
}

// An error that comes after rows is a result of its own in a chunked answer, because the rows
// before it may have left already.
void AnswerWriter::end_statement(std::optional<Error> error) {
    const bool comes_apart = chunked_ && result_open_ && error.has_value();
    if (series_open_) close_series(cut_off_ || comes_apart);
    if (comes_apart) close_result(shape_.marks_partial);
    past_limit_ = false;
    if (!result_open_) text_->open_result(statement_);
    result_end_.error = std::move(error);
    close_result(false);
}

bool AnswerWriter::should_flush() const {
    // The first two are for flush() to say that no more rows are of use.
    if (cut_off_ || text_->bytes_kept() > bytes_kept_max_) return true;
    return text_->ready().size() >= (chunked_ ? 1 : kFlushBytes);
}

std::optional<Error> AnswerWriter::kept_too_much() const {
    if (text_->bytes_kept() <= bytes_kept_max_) return std::nullopt;
    return Error{ErrorKind::kTooLarge,
                 "the answer is too large for this format in one piece: ask with chunked=true"};
}

io::Task<bool> AnswerWriter::flush() {
    if (query_ != nullptr && query_->stopped()) co_return false;
    const bool taken = co_await flush_all();
    co_return taken && !cut_off_ && text_->bytes_kept() <= bytes_kept_max_;
}

io::Task<bool> AnswerWriter::flush_all() {
    if (sink_error_) co_return false;
    std::string& ready = text_->ready();
    if (ready.empty()) co_return true;
    Result<void> written = co_await sink_.write(ready);
    ready.clear();
    if (!written.ok()) sink_error_ = std::move(written).error();
    co_return !sink_error_.has_value();
}

}  // namespace sluice::query
