#include "query/parameters.h"

#include <simdjson.h>

#include <charconv>

#include "sluice/influxql/duration.h"

namespace sluice::query {
namespace {

using influxql::BoundParameter;
using Kind = BoundParameter::Kind;
namespace dom = simdjson::dom;

BoundParameter error(std::string text) {
    return {Kind::kError, std::move(text)};
}

std::string plain_float(double value) {
    char text[400];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
    return {text, end};
}

BoundParameter bind_named(std::string_view kind, const dom::element& value) {
    std::string_view text;
    const bool is_text = value.get_string().get(text) == simdjson::SUCCESS;
    if (kind == "ident" || kind == "identifier") {
        return is_text ? BoundParameter{Kind::kIdentifier, std::string(text)}
                       : error("identifier must be a string value");
    }
    if (kind == "regex") {
        return is_text ? BoundParameter{Kind::kRegex, std::string(text)}
                       : error("regex literal must be a string value");
    }
    if (kind == "string") {
        return is_text ? BoundParameter{Kind::kString, std::string(text)}
                       : error("string literal must be a string value");
    }
    if (kind == "float" || kind == "number") {
        return value.is_number()
                   ? BoundParameter{Kind::kNumber, plain_float(value.get_double().value_unsafe())}
                   : error("number literal must be a float value");
    }
    if (kind == "int" || kind == "integer") {
        return value.is_int64()
                   ? BoundParameter{Kind::kInteger,
                                    std::to_string(std::int64_t{value.get_int64().value_unsafe()})}
                   : error("integer literal must be an integer value");
    }
    if (kind == "duration") {
        if (is_text) return {Kind::kDuration, std::string(text)};
        return value.is_int64()
                   ? BoundParameter{Kind::kDuration,
                                    influxql::format_duration(value.get_int64().value_unsafe())}
                   : error("duration literal must be a string or integer value");
    }
    return error("unknown bind object type: " + std::string(kind));
}

BoundParameter bind(const dom::element& value) {
    switch (value.type()) {
        case dom::element_type::STRING:
            return {Kind::kString, std::string(value.get_string().value_unsafe())};
        case dom::element_type::INT64:
            return {Kind::kInteger, std::to_string(std::int64_t{value.get_int64().value_unsafe()})};
        case dom::element_type::DOUBLE:
            return {Kind::kNumber, plain_float(value.get_double().value_unsafe())};
        case dom::element_type::BOOL:
            return {value.get_bool().value_unsafe() ? Kind::kTrue : Kind::kFalse, {}};
        case dom::element_type::OBJECT: {
            const dom::object object = value.get_object().value_unsafe();
            if (object.size() != 1) {
                return error("bound object parameter value must have exactly one entry");
            }
            const dom::key_value_pair only = *object.begin();
            return bind_named(only.key, only.value);
        }
        default:
            return error("unable to bind parameter of this type");
    }
}

}  // namespace

Result<influxql::BoundParameters> parse_parameters(std::string_view json) {
    influxql::BoundParameters parameters;
    if (json.empty()) return parameters;
    dom::parser parser;
    dom::element document;
    dom::object object;
    simdjson::error_code failed = parser.parse(json.data(), json.size()).get(document);
    if (!failed) failed = document.get_object().get(object);
    if (failed) {
        return Error{ErrorKind::kInvalid, "error parsing query parameters: " +
                                              std::string(simdjson::error_message(failed))};
    }
    for (const dom::key_value_pair entry : object) {
        parameters.insert_or_assign(std::string(entry.key), bind(entry.value));
    }
    return parameters;
}

}  // namespace sluice::query
