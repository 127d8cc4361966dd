#include "query/answer_writer.h"

#include <charconv>
#include <cmath>

#include "query/csv_text.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"
#include "sluice/model/series_key.h"

namespace sluice::query {
namespace {

// InfluxDB's default, and the number of rows beyond which an answer in one piece calls its series
// partial.
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

}  // namespace

AnswerWriter::AnswerWriter(const QueryRequest& request, ResultSink& sink)
    : sink_(sink),
      csv_(request.format == AnswerFormat::kCsv),
      chunked_(request.chunked),
      chunk_size_(request.chunked && request.chunk_size != 0 ? request.chunk_size
                                                             : kDefaultChunkSize),
      epoch_ns_(epoch_unit(request.epoch)),
      json_(request.pretty) {}

void AnswerWriter::begin() {
    if (csv_ || chunked_) return;
    json_.begin_object();
    json_.key("results");
    json_.begin_array();
}

void AnswerWriter::end() {
    if (csv_ || chunked_) return;
    json_.end_array();
    json_.end_object();
    json_.end_document();
    json_out_ += json_.text();
    json_.text().clear();
}

void AnswerWriter::begin_statement(std::size_t id, StatementShape shape) {
    statement_ = id;
    shape_ = shape;
    messages_.clear();
}

void AnswerWriter::open_document() {
    if (chunked_) {
        json_.begin_object();
        json_.key("results");
        json_.begin_array();
    }
    json_.begin_object();
    json_.key("statement_id");
    json_.unsigned_integer(statement_);
    document_open_ = true;
}

void AnswerWriter::close_document(bool partial) {
    if (series_array_open_) {
        json_.end_array();
        series_array_open_ = false;
    }
    if (!messages_.empty()) {
        json_.key("messages");
        json_.begin_array();
        for (const auto& [level, text] : messages_) {
            json_.begin_object();
            json_.key("level");
            json_.string(level);
            json_.key("text");
            json_.string(text);
            json_.end_object();
        }
        json_.end_array();
        messages_.clear();
    }
    if (partial) {
        json_.key("partial");
        json_.literal("true");
    }
}

void AnswerWriter::finish_result() {
    json_.end_object();
    if (chunked_) {
        json_.end_array();
        json_.end_object();
        json_.end_document();
    }
    document_open_ = false;
    json_out_ += json_.text();
    json_.text().clear();
}

void AnswerWriter::begin_series(SeriesHead head) {
    if (chunked_ && document_open_) {
        close_document(shape_.marks_partial);
        finish_result();
    }
    head_ = std::move(head);
    rows_in_chunk_ = 0;
    rows_in_series_ = 0;
    if (csv_) {
        csv_header();
    } else {
        open_series_text();
    }
}

void AnswerWriter::open_series_text() {
    if (!document_open_) open_document();
    if (!series_array_open_) {
        json_.key("series");
        json_.begin_array();
        series_array_open_ = true;
    }
    json_.begin_object();
    if (!head_.name.empty()) {
        json_.key("name");
        json_.string(head_.name);
    }
    if (!head_.tags.empty()) {
        json_.key("tags");
        json_.begin_object();
        for (const auto& [key, value] : head_.tags) {
            json_.key(key);
            json_.string(value);
        }
        json_.end_object();
    }
    json_.key("columns");
    json_.begin_array();
    for (const std::string& column : head_.columns) json_.string(column);
    json_.end_array();
    values_open_ = false;
}

void AnswerWriter::close_series_text(bool partial) {
    if (values_open_) json_.end_array();
    values_open_ = false;
    if (partial) {
        json_.key("partial");
        json_.literal("true");
    }
    json_.end_object();
}

void AnswerWriter::csv_header() {
    if (csv_statement_ != statement_ || csv_columns_ != head_.columns) {
        if (csv_statement_) csv_text_ += '\n';
        csv_statement_ = statement_;
        csv_columns_ = head_.columns;
        csv_text_ += "name,tags";
        for (const std::string& column : head_.columns) csv_field(column);
        csv_text_ += '\n';
    }
    csv_prefix_.clear();
    append_csv_field(csv_prefix_, head_.name);
    csv_prefix_ += ',';
    std::string tags;
    for (const auto& [key, value] : head_.tags) {
        if (value.empty()) continue;
        if (!tags.empty()) tags += ',';
        model::append_escaped_tag(tags, key);
        tags += '=';
        model::append_escaped_tag(tags, value);
    }
    append_csv_field(csv_prefix_, tags);
}

void AnswerWriter::csv_field(std::string_view text) {
    csv_text_ += ',';
    append_csv_field(csv_text_, text);
}

void AnswerWriter::begin_row() {
    if (csv_) {
        csv_text_ += csv_prefix_;
        return;
    }
    if (chunked_ && shape_.splits_series && rows_in_chunk_ == chunk_size_) {
        close_series_text(true);
        close_document(true);
        finish_result();
        open_series_text();
        rows_in_chunk_ = 0;
    }
    if (!values_open_) {
        json_.key("values");
        json_.begin_array();
        values_open_ = true;
    }
    json_.begin_array();
    ++rows_in_chunk_;
    ++rows_in_series_;
}

void AnswerWriter::time(model::Timestamp t, std::int64_t zone_offset_ns) {
    scratch_.clear();
    if (csv_) {
        csv_field(std::to_string(epoch_ns_ == 0 ? t : t / epoch_ns_));
    } else if (epoch_ns_ != 0) {
        json_.integer(t / epoch_ns_);
    } else {
        scratch_ += '"';
        append_rfc3339(scratch_, t + zone_offset_ns);
        if (zone_offset_ns != 0) {
            scratch_.pop_back();  // the Z
            append_zone(scratch_, zone_offset_ns);
        }
        scratch_ += '"';
        json_.literal(scratch_);
    }
}

void AnswerWriter::value(const Value& value) {
    using Kind = Value::Kind;
    const bool is_null =
        value.is_null() || (value.kind() == Kind::kFloat && !std::isfinite(value.as_float()));
    if (csv_) {
        scratch_.clear();
        if (!is_null && value.kind() == Kind::kFloat)
            append_plain_float(scratch_, value.as_float());
        if (value.kind() == Kind::kInteger) scratch_ = std::to_string(value.as_integer());
        if (value.kind() == Kind::kUnsigned) scratch_ = std::to_string(value.as_unsigned());
        if (value.kind() == Kind::kBoolean) scratch_ = value.as_boolean() ? "true" : "false";
        csv_field(value.kind() == Kind::kString ? value.as_string() : std::string_view(scratch_));
        return;
    }
    if (is_null) {
        json_.literal("null");
        return;
    }
    switch (value.kind()) {
        case Kind::kFloat:
            json_.floating(value.as_float());
            break;
        case Kind::kInteger:
            json_.integer(value.as_integer());
            break;
        case Kind::kUnsigned:
            json_.unsigned_integer(value.as_unsigned());
            break;
        case Kind::kString:
            json_.string(value.as_string());
            break;
        case Kind::kBoolean:
            json_.literal(value.as_boolean() ? "true" : "false");
            break;
        case Kind::kNull:
            break;
    }
}

void AnswerWriter::end_row() {
    if (csv_) {
        csv_text_ += '\n';
        return;
    }
    json_.end_array();
    if (json_.text().size() >= kFlushBytes && !chunked_) {
        json_out_ += json_.text();
        json_.text().clear();
    }
}

void AnswerWriter::end_series() {
    if (csv_) return;
    close_series_text(!chunked_ && shape_.splits_series && rows_in_series_ > kDefaultChunkSize);
}

void AnswerWriter::message(std::string_view level, std::string_view text) {
    messages_.emplace_back(level, text);
}

void AnswerWriter::end_statement(const std::optional<Error>& error) {
    if (csv_) return;  // InfluxDB's CSV has no place for the error of a statement
    if (!document_open_) open_document();
    close_document(false);
    if (error) {
        json_.key("error");
        json_.string(error->message);
    }
    finish_result();
}

io::Task<bool> AnswerWriter::flush() {
    if (sink_error_) co_return false;
    std::string& ready = csv_ ? csv_text_ : json_out_;
    if (ready.empty()) co_return true;
    Result<void> written = co_await sink_.write(ready);
    ready.clear();
    if (!written.ok()) sink_error_ = std::move(written).error();
    co_return !sink_error_.has_value();
}

}  // namespace sluice::query
