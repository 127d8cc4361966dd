// This file writes answers as JSON, byte for byte as Go's encoding/json prints InfluxDB's.
#include <cmath>

#include "query/answer/answer_text.h"
#include "sluice/base/units.h"
#include "sluice/query/json_text.h"

namespace sluice::query {
namespace {

// +hh:mm
void append_zone(std::string& out, std::int64_t offset_ns) {
    out += offset_ns < 0 ? '-' : '+';
    const std::int64_t minutes = (offset_ns < 0 ? -offset_ns : offset_ns) / kMinuteNs;
    const auto append_two = [&](std::int64_t number) {
        out += static_cast<char>('0' + number / 10);
        out += static_cast<char>('0' + number % 10);
    };
    append_two(minutes / 60);
    out += ':';
    append_two(minutes % 60);
}

// Lists are opened with their first element and closed with what is around them, because InfluxDB
// leaves out empty ones. In a chunked answer every result is a document of its own.
class JsonAnswer final : public AnswerText {
public:
    explicit JsonAnswer(const AnswerTextOptions& options)
        : chunked_(options.chunked), epoch_ns_(options.epoch_ns), json_(options.pretty) {}

    void open_answer() override {}
    // Without a result there is no list of them.
    void close_answer() override {
        if (results_open_) {
            json_.end_array();
        } else {
            json_.begin_object();
        }
        json_.end_object();
        json_.end_document();
        results_open_ = false;
        release();
    }

    void open_result(std::size_t statement) override {
        if (!results_open_) {
            json_.begin_object();
            json_.key("results");
            json_.begin_array();
            results_open_ = true;
        }
        json_.begin_object();
        json_.key("statement_id");
        json_.unsigned_integer(statement);
    }
    void close_result(const ResultEnd& end) override {
        if (series_array_open_) json_.end_array();
        series_array_open_ = false;
        if (!end.messages.empty()) write_messages(end);
        mark_partial(end.partial);
        if (end.error) {
            json_.key("error");
            json_.string(end.error->message);
        }
        json_.end_object();
        if (chunked_) close_answer();
        release();
    }

    void open_series(const AnswerSeries& head) override {
        if (!series_array_open_) {
            json_.key("series");
            json_.begin_array();
            series_array_open_ = true;
        }
        json_.begin_object();
        if (!head.name.empty()) {
            json_.key("name");
            json_.string(head.name);
        }
        if (!head.tags.empty()) {
            json_.key("tags");
            json_.begin_object();
            for (const auto& [key, value] : head.tags) {
                json_.key(key);
                json_.string(value);
            }
            json_.end_object();
        }
        json_.key("columns");
        json_.begin_array();
        for (const std::string& column : head.columns) json_.string(column);
        json_.end_array();
        values_open_ = false;
    }
    void close_series(bool partial) override {
        if (values_open_) json_.end_array();
        values_open_ = false;
        mark_partial(partial);
        json_.end_object();
    }

    void begin_row() override {
        if (!values_open_) {
            json_.key("values");
            json_.begin_array();
            values_open_ = true;
        }
        json_.begin_array();
    }
    void time(model::Timestamp t, std::int64_t zone_offset_ns) override {
        if (epoch_ns_ != 0) {
            json_.integer(t / epoch_ns_);
            return;
        }
        scratch_ = '"';
        append_rfc3339(scratch_, t, zone_offset_ns);
        if (zone_offset_ns != 0) {
            scratch_.pop_back();  // the Z
            append_zone(scratch_, zone_offset_ns);
        }
        scratch_ += '"';
        json_.literal(scratch_);
    }
    void value(const Value& value) override {
        switch (value.kind()) {
            case Value::Kind::kFloat:
                if (std::isfinite(value.as_float())) {
                    json_.floating(value.as_float());
                } else {
                    json_.literal("null");
                }
                break;
            case Value::Kind::kInteger:
                json_.integer(value.as_integer());
                break;
            case Value::Kind::kUnsigned:
                json_.unsigned_integer(value.as_unsigned());
                break;
            case Value::Kind::kString:
                json_.string(value.as_string());
                break;
            case Value::Kind::kBoolean:
                json_.literal(value.as_boolean() ? "true" : "false");
                break;
            case Value::Kind::kNull:
                json_.literal("null");
                break;
        }
    }
    void texts(const std::vector<std::string>& list) override {
        json_.begin_array();
        for (const std::string& text : list) json_.string(text);
        json_.end_array();
    }
    void end_row() override {
        json_.end_array();
        if (!chunked_ && json_.text().size() >= kPieceBytes) release();
    }

    std::string& ready() override { return ready_; }

private:
    static constexpr std::size_t kPieceBytes = 64 * kKiB;

    // What has been written so far may leave. A document of a chunked answer is released as a
    // whole.
    void release() {
        ready_ += json_.text();
        json_.text().clear();
    }
    void mark_partial(bool partial) {
        if (!partial) return;
        json_.key("partial");
        json_.literal("true");
    }
    void write_messages(const ResultEnd& end) {
        json_.key("messages");
        json_.begin_array();
        for (const auto& [level, text] : end.messages) {
            json_.begin_object();
            json_.key("level");
            json_.string(level);
            json_.key("text");
            json_.string(text);
            json_.end_object();
        }
        json_.end_array();
    }

    const bool chunked_;
    const std::int64_t epoch_ns_;
    JsonText json_;
    std::string ready_;
    std::string scratch_;
    bool results_open_ = false;
    bool series_array_open_ = false;
    bool values_open_ = false;
};

}  // namespace

std::unique_ptr<AnswerText> make_json_answer(const AnswerTextOptions& options) {
    return std::make_unique<JsonAnswer>(options);
}

}  // namespace sluice::query
