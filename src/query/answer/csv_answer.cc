// This file writes answers as CSV, with a header for each statement and wherever the columns
// change. Messages and errors of statements have no place in it, as in InfluxDB.
#include <cmath>

#include "query/answer/answer_text.h"
#include "query/go/csv_text.h"
#include "sluice/model/series_key.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

// A row stands by itself: it begins with the name and the tags of its series, which are made once
// for a series.
class CsvAnswer final : public AnswerText {
public:
    explicit CsvAnswer(const AnswerTextOptions& options) : epoch_ns_(options.epoch_ns) {}

    void open_answer() override {}
    void close_answer() override {}
    void open_result(std::size_t statement) override { statement_ = statement; }
    void close_result(const ResultEnd&) override {}

    void open_series(const AnswerSeries& head) override {
        if (statement_with_header_ != statement_ || columns_ != head.columns) {
            if (statement_with_header_) text_ += '\n';
            statement_with_header_ = statement_;
            columns_ = head.columns;
            text_ += "name,tags";
            for (const std::string& column : head.columns) field(column);
            text_ += '\n';
        }
        prefix_.clear();
        append_csv_field(prefix_, head.name);
        prefix_ += ',';
        std::string tags;
        for (const auto& [key, value] : head.tags) {
            if (value.empty()) continue;
            if (!tags.empty()) tags += ',';
            model::append_escaped_tag(tags, key);
            tags += '=';
            model::append_escaped_tag(tags, value);
        }
        append_csv_field(prefix_, tags);
    }
    void close_series(bool) override {}

    void begin_row() override { text_ += prefix_; }
    void time(model::Timestamp t, std::int64_t) override {
        field(std::to_string(epoch_ns_ == 0 ? t : t / epoch_ns_));
    }
    void value(const Value& value) override {
        switch (value.kind()) {
            case Value::Kind::kFloat:
                scratch_.clear();
                if (std::isfinite(value.as_float())) append_plain_float(scratch_, value.as_float());
                field(scratch_);
                break;
            case Value::Kind::kInteger:
                field(std::to_string(value.as_integer()));
                break;
            case Value::Kind::kUnsigned:
                field(std::to_string(value.as_unsigned()));
                break;
            case Value::Kind::kString:
                field(value.as_string());
                break;
            case Value::Kind::kBoolean:
                field(value.as_boolean() ? "true" : "false");
                break;
            case Value::Kind::kNull:
                field({});
                break;
        }
    }
    void texts(const std::vector<std::string>&) override { field(columns_.back()); }
    void end_row() override { text_ += '\n'; }

    std::string& ready() override { return text_; }

private:
    void field(std::string_view text) {
        text_ += ',';
        append_csv_field(text_, text);
    }

    const std::int64_t epoch_ns_;
    std::string text_;
    std::string scratch_;
    std::string prefix_;  // name and tags of the series
    std::size_t statement_ = 0;
    std::optional<std::size_t> statement_with_header_;
    std::vector<std::string> columns_;
};

}  // namespace

std::unique_ptr<AnswerText> make_csv_answer(const AnswerTextOptions& options) {
    return std::make_unique<CsvAnswer>(options);
}

}  // namespace sluice::query
