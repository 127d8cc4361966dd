// This file writes answers as MessagePack, in InfluxDB's layout
// (services/httpd/response_writer.go).
//
// The counts of rows, series and results stand in front of them, so a whole answer is kept until it
// is complete; a chunked one only document by document.
#include "query/answer/answer_text.h"
#include "query/go/msgpack_text.h"

namespace sluice::query {
namespace {

class MsgpackAnswer final : public AnswerText {
public:
    explicit MsgpackAnswer(const AnswerTextOptions& options)
        : chunked_(options.chunked), epoch_ns_(options.epoch_ns) {}

    void open_answer() override {}
    void close_answer() override {
        append_msgpack_map(ready_, 1);
        append_msgpack_string(ready_, "results");
        append_msgpack_array(ready_, result_count_);
        ready_ += results_;
        results_.clear();
        result_count_ = 0;
    }

    void open_result(std::size_t statement) override { statement_ = statement; }
    // InfluxDB leaves everything else of a result with an error out, also rows that it had before.
    void close_result(const ResultEnd& end) override {
        ++result_count_;
        if (end.error) {
            append_msgpack_map(results_, 1);
            append_msgpack_string(results_, "error");
            append_msgpack_string(results_, end.error->message);
        } else {
            append_result(end);
        }
        series_.clear();
        series_count_ = 0;
        if (chunked_) close_answer();
    }

    void open_series(const AnswerSeries& head) override {
        head_ = head;
        row_count_ = 0;
        ++series_count_;
    }
    void close_series(bool partial) override {
        append_msgpack_map(series_, 2u + !head_.name.empty() + !head_.tags.empty() + partial);
        if (!head_.name.empty()) {
            append_msgpack_string(series_, "name");
            append_msgpack_string(series_, head_.name);
        }
        if (!head_.tags.empty()) {
            append_msgpack_string(series_, "tags");
            append_msgpack_map(series_, head_.tags.size());
            for (const auto& [key, value] : head_.tags) {
                append_msgpack_string(series_, key);
                append_msgpack_string(series_, value);
            }
        }
        append_msgpack_string(series_, "columns");
        append_msgpack_array(series_, head_.columns.size());
        for (const std::string& column : head_.columns) append_msgpack_string(series_, column);
        append_msgpack_string(series_, "values");
        append_msgpack_array(series_, row_count_);
        series_ += rows_;
        rows_.clear();
        append_partial(series_, partial);
    }

    void begin_row() override {
        append_msgpack_array(rows_, head_.columns.size());
        ++row_count_;
    }
    void time(model::Timestamp t, std::int64_t) override {
        if (epoch_ns_ == 0) {
            append_msgpack_time(rows_, t);
        } else {
            append_msgpack_integer(rows_, t / epoch_ns_);
        }
    }
    void value(const Value& value) override {
        switch (value.kind()) {
            case Value::Kind::kFloat:
                append_msgpack_float(rows_, value.as_float());
                break;
            case Value::Kind::kInteger:
                append_msgpack_integer(rows_, value.as_integer());
                break;
            case Value::Kind::kUnsigned:
                append_msgpack_unsigned(rows_, value.as_unsigned());
                break;
            case Value::Kind::kString:
                append_msgpack_string(rows_, value.as_string());
                break;
            case Value::Kind::kBoolean:
                append_msgpack_boolean(rows_, value.as_boolean());
                break;
            case Value::Kind::kNull:
                append_msgpack_nil(rows_);
                break;
        }
    }
    void texts(const std::vector<std::string>& list) override {
        append_msgpack_array(rows_, list.size());
        for (const std::string& text : list) append_msgpack_string(rows_, text);
    }
    void end_row() override {}

    std::string& ready() override { return ready_; }
    std::size_t bytes_kept() const override {
        return rows_.size() + series_.size() + results_.size();
    }

private:
    void append_result(const ResultEnd& end) {
        append_msgpack_map(results_, 2u + !end.messages.empty() + end.partial);
        append_msgpack_string(results_, "statement_id");
        append_msgpack_integer(results_, static_cast<std::int64_t>(statement_));
        if (!end.messages.empty()) {
            append_msgpack_string(results_, "messages");
            append_msgpack_array(results_, end.messages.size());
            for (const auto& [level, text] : end.messages) {
                append_msgpack_map(results_, 2);
                append_msgpack_string(results_, "level");
                append_msgpack_string(results_, level);
                append_msgpack_string(results_, "text");
                append_msgpack_string(results_, text);
            }
        }
        append_msgpack_string(results_, "series");
        append_msgpack_array(results_, series_count_);
        results_ += series_;
        append_partial(results_, end.partial);
    }
    static void append_partial(std::string& out, bool partial) {
        if (!partial) return;
        append_msgpack_string(out, "partial");
        append_msgpack_boolean(out, true);
    }

    const bool chunked_;
    const std::int64_t epoch_ns_;  // 0: times have a type of their own
    std::size_t statement_ = 0;
    AnswerSeries head_;
    // Each goes into the next when it is complete.
    std::string rows_;
    std::string series_;
    std::string results_;
    std::string ready_;
    std::uint64_t row_count_ = 0;
    std::uint64_t series_count_ = 0;
    std::uint64_t result_count_ = 0;
};

}  // namespace

std::unique_ptr<AnswerText> make_msgpack_answer(const AnswerTextOptions& options) {
    return std::make_unique<MsgpackAnswer>(options);
}

}  // namespace sluice::query
