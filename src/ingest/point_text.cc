#include "ingest/point_text.h"

#include <algorithm>
#include <bit>

#include "ingest/field_scan.h"
#include "ingest/number_text.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/model/errors.h"

namespace sluice::ingest {
namespace {

// The first `stop` not directly after a backslash (scanTo), or the size of `text`.
std::size_t find_unescaped(std::string_view text, char stop) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == stop && (i == 0 || text[i - 1] != '\\')) return i;
    }
    return text.size();
}

// The end of a field value in the eyes of the storage engine (scanFieldValue).
std::size_t find_value_end(std::string_view text) {
    bool quoted = false;
    std::size_t i = 0;
    while (i < text.size()) {
        const char c = text[i];
        if (c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) {
            i += 2;
            continue;
        }
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            break;
        }
        ++i;
    }
    return i;
}

// scanMeasurement: `at` ends after the comma or on the space that ends the measurement.
const char* scan_measurement(std::string_view line, std::size_t& at, bool& has_tags) {
    if (line.empty() || line[0] == ',') return "missing measurement";
    for (at = 1;; ++at) {
        if (at >= line.size()) return "missing fields";
        if (line[at - 1] == '\\') continue;
        if (line[at] == ',') {
            has_tags = true;
            return nullptr;
        }
        if (line[at] == ' ') return nullptr;
    }
}

// scanTagsKey: `at` is on the first byte of the key, then after its equals sign.
const char* scan_tag_key(std::string_view line, std::size_t& at) {
    if (at >= line.size() || line[at] == ' ' || line[at] == ',' || line[at] == '=') {
        return "missing tag key";
    }
    for (;;) {
        ++at;
        if (at >= line.size()) return "missing tag value";
        if (line[at - 1] == '\\') continue;
        if (line[at] == ' ' || line[at] == ',') return "missing tag value";
        if (line[at] == '=') {
            ++at;
            return nullptr;
        }
    }
}

// scanTagsValue: `at` is on the first byte of the value, then on the comma or space after it. The
// first byte may be an equals sign.
const char* scan_tag_value(std::string_view line, std::size_t& at) {
    if (at >= line.size() || line[at] == ',' || line[at] == ' ') return "missing tag value";
    for (;;) {
        ++at;
        if (at >= line.size()) return "missing fields";
        if (line[at - 1] == '\\') continue;
        if (line[at] == '=') return "invalid tag format";
        if (line[at] == ',' || line[at] == ' ') return nullptr;
    }
}

bool has_duplicate_key(const std::vector<TagText>& tags) {
    bool sorted = true;
    for (std::size_t i = 1; i < tags.size(); ++i) {
        const int order = tags[i - 1].key.compare(tags[i].key);
        if (order == 0) return true;
        if (order > 0) {
            sorted = false;
            break;
        }
    }
    if (sorted) return false;
    std::vector<std::string_view> keys;
    keys.reserve(tags.size());
    for (const TagText& tag : tags) keys.push_back(tag.key);
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

const char* scan_key(std::string_view line, std::size_t& at, PointText& point) {
    point.tags.clear();
    bool has_tags = false;
    if (const char* error = scan_measurement(line, at, has_tags)) return error;
    point.measurement = line.substr(0, at);
    while (has_tags) {
        const std::size_t key = ++at;
        if (const char* error = scan_tag_key(line, at)) return error;
        const std::size_t value = at;
        if (const char* error = scan_tag_value(line, at)) return error;
        point.tags.push_back({line.substr(key, value - 1 - key), line.substr(value, at - value)});
        has_tags = line[at] == ',';
    }
    point.key = line.substr(0, at);
    return has_duplicate_key(point.tags) ? "duplicate tags" : nullptr;
}

// walkFields, which agrees with FieldIterator on where names and values are.
std::string split_fields(std::string_view fields, PointText& point) {
    point.fields.clear();
    std::string too_long;
    while (!fields.empty()) {
        const std::size_t equals = find_unescaped(fields, '=');
        const std::string_view name = fields.substr(0, equals);
        if (equals + 2 > fields.size()) return "invalid value: field-key=" + std::string(name);
        fields.remove_prefix(equals + 1);
        const std::size_t end = find_value_end(fields);
        point.fields.push_back({name, fields.substr(0, end)});
        fields.remove_prefix(end < fields.size() ? end + 1 : end);
        // seriesKeySize: 4 is the separator between key and field in InfluxDB's files.
        const std::size_t size = point.key.size() + 4 + name.size();
        if (size > kKeyBytesMax) return model::key_too_long(size, kKeyBytesMax);
    }
    return {};
}

const char* scan_timestamp(std::string_view line, std::size_t at, PointText& point) {
    at = skip_blanks(line, at);
    const std::size_t start = at;
    for (; at < line.size() && line[at] != '\n' && line[at] != ' '; ++at) {
        if (at == start && line[at] == '-') continue;
        if (line[at] < '0' || line[at] > '9') return "bad timestamp";
    }
    point.timestamp = line.substr(start, at - start);
    return nullptr;
}

constexpr const char* kTimeOutsideRange =
    "time outside range -9223372036854775806 - 9223372036854775806";

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t from) {
    while (from < text.size() && (text[from] == ' ' || text[from] == '\t' || text[from] == '\0')) {
        ++from;
    }
    return from;
}

std::size_t find_line_end(std::string_view body, std::size_t from) {
    bool quoted = false;
    bool in_fields = false;
    std::size_t equals = 0;
    std::size_t commas = 0;
    std::size_t i = from;
    while (i < body.size()) {
        const char c = body[i];
        if (c == '\\' && i + 2 < body.size()) {
            i += 2;
            continue;
        }
        if (c == ' ') in_fields = true;
        if (in_fields && c == '=' && !quoted) {
            ++equals;
        } else if (in_fields && c == ',' && !quoted) {
            ++commas;
        } else if (in_fields && c == '"' && equals > commas) {
            quoted = !quoted;
        } else if (c == '\n' && !quoted) {
            break;
        }
        ++i;
    }
    return i;
}

std::string scan_point(std::string_view line, PointText& point) {
    std::size_t at = 0;
    if (const char* error = scan_key(line, at, point)) return error;
    if (point.key.size() > kKeyBytesMax) return model::key_too_long(point.key.size(), kKeyBytesMax);
    FieldScan scan(line, skip_blanks(line, at));
    if (std::string error = scan.run(); !error.empty()) return error;
    if (scan.fields().empty()) return "missing fields";
    if (std::string error = split_fields(scan.fields(), point); !error.empty()) return error;
    const char* error = scan_timestamp(line, scan.end(), point);
    return error == nullptr ? std::string() : std::string(error);
}

std::string read_timestamp(std::string_view line, const PointText& point,
                           model::Precision precision, model::Timestamp& time) {
    std::int64_t number = 0;
    const NumberStatus status = parse_integer(point.timestamp, number);
    if (status != NumberStatus::kOk)
        return describe_number_error("ParseInt", point.timestamp, status);
    // safeSignedMult and CheckTime (models/time.go).
    if (__builtin_mul_overflow(number, static_cast<std::int64_t>(precision), &time) ||
        time < model::kTimestampMin || time > model::kTimestampMax) {
        return kTimeOutsideRange;
    }
    const auto end =
        static_cast<std::size_t>(point.timestamp.data() - line.data()) + point.timestamp.size();
    if (line.find_first_not_of(' ', end) != std::string_view::npos) return "point is invalid";
    return {};
}

bool read_field_value(std::string_view text, FieldValueText& value) {
    if (text.empty()) return false;
    if (text[0] == '"') {
        value.type = model::FieldType::kString;
        if (text.size() < 2) return false;
        value.text = text.substr(1, text.size() - 2);
        return true;
    }
    if (std::string_view("0123456789-.nNiIu").find(text[0]) == std::string_view::npos) {
        value.type = model::FieldType::kBoolean;
        value.word = text[0] == 't' || text[0] == 'T';
        static constexpr std::string_view kNames[] = {"t", "T", "true",  "True",  "TRUE",
                                                      "f", "F", "false", "False", "FALSE"};
        return std::find(std::begin(kNames), std::end(kNames), text) != std::end(kNames);
    }
    if (text.back() == 'i') {
        value.type = model::FieldType::kInteger;
        std::int64_t number = 0;
        const bool ok = parse_integer(text.substr(0, text.size() - 1), number) == NumberStatus::kOk;
        value.word = static_cast<std::uint64_t>(number);
        return ok;
    }
    if (text.back() == 'u') {
        value.type = model::FieldType::kUnsigned;
        return parse_unsigned(text.substr(0, text.size() - 1), value.word) == NumberStatus::kOk;
    }
    value.type = model::FieldType::kFloat;
    double number = 0;
    const bool ok = parse_float(text, number) == NumberStatus::kOk;
    value.word = std::bit_cast<std::uint64_t>(number);
    return ok;
}

std::string unescape_name(std::string_view escaped) {
    std::string out;
    out.reserve(escaped.size());
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] == '\\' && i + 1 < escaped.size()) {
            const char next = escaped[i + 1];
            if (next == ',' || next == '"' || next == ' ' || next == '=') ++i;
        }
        out += escaped[i];
    }
    return out;
}

std::size_t unescape_string(std::string_view escaped, char* out) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] == '\\' && i + 1 < escaped.size() &&
            (escaped[i + 1] == '\\' || escaped[i + 1] == '"')) {
            ++i;
        }
        out[size++] = escaped[i];
    }
    return size;
}

}  // namespace sluice::ingest
