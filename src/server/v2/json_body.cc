#include "server/v2/json_body.h"

#include <simdjson.h>

namespace sluice::server {
namespace {

namespace dom = simdjson::dom;

Error wrong_type(std::string_view name, std::string_view expected) {
    return {ErrorKind::kInvalid,
            "the member \"" + std::string(name) + "\" of the body is not " + std::string(expected)};
}

}  // namespace

struct JsonBody::Object::Element {
    dom::object object;

    // Of equal names the last counts, as in Go.
    std::optional<dom::element> find(std::string_view name) const {
        std::optional<dom::element> found;
        for (const dom::key_value_pair field : object) {
            if (field.key == name) found = field.value;
        }
        if (found && found->is_null()) return std::nullopt;
        return found;
    }
};

struct JsonBody::Parser {
    dom::parser parser;
};

Result<JsonBody> JsonBody::parse(std::string_view text) {
    JsonBody body;
    body.parser_ = std::make_shared<Parser>();
    dom::element root;
    const auto parsed = body.parser_->parser.parse(text.data(), text.size(), true).get(root);
    if (parsed != simdjson::SUCCESS) {
        return Error{ErrorKind::kInvalid,
                     std::string("the body is not JSON: ") + simdjson::error_message(parsed)};
    }
    Object::Element element;
    if (root.get(element.object) != simdjson::SUCCESS) {
        return Error{ErrorKind::kInvalid, "the body is not a JSON object"};
    }
    body.root_.element_ = std::make_shared<const Object::Element>(element);
    return body;
}

Result<std::optional<std::string>> JsonBody::Object::text(std::string_view name) const {
    const auto found = element_ ? element_->find(name) : std::nullopt;
    if (!found) return std::optional<std::string>();
    std::string_view text;
    if (found->get(text) != simdjson::SUCCESS) return wrong_type(name, "a string");
    return std::optional<std::string>(text);
}

Result<std::optional<std::int64_t>> JsonBody::Object::integer(std::string_view name) const {
    const auto found = element_ ? element_->find(name) : std::nullopt;
    if (!found) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    if (found->get(number) != simdjson::SUCCESS) return wrong_type(name, "an integer");
    return std::optional<std::int64_t>(number);
}

Result<std::optional<bool>> JsonBody::Object::boolean(std::string_view name) const {
    const auto found = element_ ? element_->find(name) : std::nullopt;
    if (!found) return std::optional<bool>();
    bool value = false;
    if (found->get(value) != simdjson::SUCCESS) return wrong_type(name, "true or false");
    return std::optional<bool>(value);
}

Result<JsonBody::Object> JsonBody::Object::object(std::string_view name) const {
    const auto found = element_ ? element_->find(name) : std::nullopt;
    if (!found) return Object();
    Element element;
    if (found->get(element.object) != simdjson::SUCCESS) return wrong_type(name, "an object");
    Object object;
    object.element_ = std::make_shared<const Element>(element);
    return object;
}

Result<bool> JsonBody::Object::for_each(
    std::string_view name, const std::function<Result<void>(const Object&)>& visit) const {
    const auto found = element_ ? element_->find(name) : std::nullopt;
    if (!found) return false;
    dom::array array;
    if (found->get(array) != simdjson::SUCCESS) return wrong_type(name, "an array");
    for (const dom::element each : array) {
        Element element;
        if (each.get(element.object) != simdjson::SUCCESS) {
            return wrong_type(name, "an array of objects");
        }
        Object object;
        object.element_ = std::make_shared<const Element>(element);
        SLUICE_TRY_VOID(visit(object));
    }
    return true;
}

}  // namespace sluice::server
