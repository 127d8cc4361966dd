#include "query/request/parameters.h"

#include <simdjson.h>

#include <charconv>
#include <utility>

#include "query/go/json_scan.h"
#include "sluice/influxql/duration.h"

namespace sluice::query {
namespace {

using influxql::BoundParameter;
using Kind = BoundParameter::Kind;
namespace ondemand = simdjson::ondemand;

BoundParameter error(std::string text) {
    return {Kind::kError, std::move(text)};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// A number as Go's json.Number is read: with a point it is a float, else it has to be an integer.
BoundParameter bind_number(std::string_view token) {
    const char* const end = token.data() + token.size();
    if (token.find('.') != std::string_view::npos) {
        double value = 0;
        const auto parsed = std::from_chars(token.data(), end, value);
        if (parsed.ec == std::errc::result_out_of_range) {
            return error("strconv.ParseFloat: parsing \"" + std::string(token) +
                         "\": value out of range");
        }
        char text[400];
        const auto last =
            std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
        return {Kind::kNumber, {text, last}};
    }
    std::int64_t value = 0;
    const auto parsed = std::from_chars(token.data(), end, value);
    if (parsed.ec == std::errc::result_out_of_range) {
        return error("strconv.ParseInt: parsing \"" + std::string(token) +
                     "\": value out of range");
    }
    if (parsed.ec != std::errc() || parsed.ptr != end) {
        return error("strconv.ParseInt: parsing \"" + std::string(token) + "\": invalid syntax");
    }
    return {Kind::kInteger, std::to_string(value)};
}

// Half a surrogate pair is no text for simdjson; Go reads it as U+FFFD.
std::string text_of(simdjson::simdjson_result<std::string_view> read) {
    std::string_view text;
    return std::move(read).get(text) ? std::string("\xEF\xBF\xBD") : std::string(text);
}

// A value that cannot be bound is no error before the statement uses it, so it is bound as an
// error.
BoundParameter bind_scalar(ondemand::value value) {
    switch (value.type().value_unsafe()) {
        case ondemand::json_type::string:
            return {Kind::kString, text_of(value.get_string())};
        case ondemand::json_type::number:
            return bind_number(trimmed(value.raw_json_token()));
        case ondemand::json_type::boolean:
            return {value.get_bool().value_unsafe() ? Kind::kTrue : Kind::kFalse, {}};
        case ondemand::json_type::null:
            return error("unable to bind parameter with type <nil>");
        case ondemand::json_type::array:
            return error("unable to bind parameter with type []interface {}");
        default:
            return error("unable to bind parameter with type map[string]interface {}");
    }
}

// {"duration": "5m"} and its like: the kind decides what the value has to be.
BoundParameter bind_named(std::string_view kind, BoundParameter value) {
    const bool is_text = value.kind == Kind::kString;
    const bool is_integer = value.kind == Kind::kInteger;
    const bool is_number = is_integer || value.kind == Kind::kNumber;
    if (value.kind == Kind::kError && value.text.starts_with("strconv.")) return value;
    if (kind == "ident" || kind == "identifier") {
        return is_text ? BoundParameter{Kind::kIdentifier, std::move(value.text)}
                       : error("identifier must be a string value");
    }
    if (kind == "regex") {
        return is_text ? BoundParameter{Kind::kRegex, std::move(value.text)}
                       : error("regex literal must be a string value");
    }
    if (kind == "string") return is_text ? value : error("string literal must be a string value");
    if (kind == "float" || kind == "number") {
        return is_number ? BoundParameter{Kind::kNumber, std::move(value.text)}
                         : error("number literal must be a float value");
    }
    if (kind == "int" || kind == "integer") {
        return is_integer ? value : error("integer literal must be an integer value");
    }
    if (kind == "duration") {
        if (is_text) return {Kind::kDuration, std::move(value.text)};
        return is_integer ? BoundParameter{Kind::kDuration,
                                           influxql::format_duration(std::stoll(value.text))}
                          : error("duration literal must be a string or integer value");
    }
    return error("unknown bind object type: " + std::string(kind));
}

// An object must have one member, whose name is a kind. Further ones are read all the same, so that
// the text is gone through, and then refused by their number.
BoundParameter bind_object(ondemand::object object) {
    std::size_t count = 0;
    BoundParameter bound;
    for (auto found : object) {
        ondemand::field field = found.value_unsafe();
        const std::string kind = text_of(field.unescaped_key());
        bound = bind_named(kind, bind_scalar(field.value()));
        ++count;
    }
    if (count != 1) return error("bound object parameter value must have exactly one entry");
    return bound;
}

Error refusal(std::string_view reason) {
    return {ErrorKind::kInvalid, "error parsing query parameters: " + std::string(reason)};
}

Error not_an_object(char first) {
    std::string_view name = "number";
    if (first == '[') name = "array";
    if (first == '"') name = "string";
    if (first == 't' || first == 'f') name = "bool";
    return refusal("json: cannot unmarshal " + std::string(name) +
                   " into Go value of type map[string]interface {}");
}

}  // namespace

// The text is scanned as a whole first, so the grammar is sure; then values are read one by one,
// because only so the digits of numbers can be seen as they were written.
Result<influxql::BoundParameters> parse_parameters(std::string_view json) {
    influxql::BoundParameters parameters;
    if (json.empty()) return parameters;
    const Result<std::size_t> scanned = scan_json(json);
    if (!scanned.ok()) return refusal(scanned.error().message);
    const std::string_view text = trimmed(json.substr(0, *scanned));
    if (text == "null") return parameters;
    if (text[0] != '{') return not_an_object(text[0]);
    const simdjson::padded_string padded(text);
    ondemand::parser parser;
    ondemand::document document;
    const simdjson::error_code failed = parser.iterate(padded).get(document);
    if (failed) return refusal(simdjson::error_message(failed));
    ondemand::object object;
    if (document.get_object().get(object)) return parameters;
    for (auto found : object) {
        ondemand::field field = found.value_unsafe();
        const std::string name = text_of(field.unescaped_key());
        ondemand::value value = field.value();
        const bool is_object = value.type().value_unsafe() == ondemand::json_type::object;
        BoundParameter bound =
            is_object ? bind_object(value.get_object().value_unsafe()) : bind_scalar(value);
        // InfluxDB reads the numbers of the first level before the text is parsed.
        if (!is_object && bound.kind == Kind::kError && bound.text.starts_with("strconv.")) {
            return Error{ErrorKind::kInvalid, "error parsing json value: " + bound.text};
        }
        parameters.insert_or_assign(name, std::move(bound));
    }
    return parameters;
}

}  // namespace sluice::query
