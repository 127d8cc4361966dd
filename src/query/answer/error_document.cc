// This file writes the body of a request that failed as a whole, in the format of its answer.
#include "sluice/query/error_document.h"

#include <utility>

#include "query/go/csv_text.h"
#include "query/go/msgpack_text.h"
#include "sluice/query/json_text.h"

namespace sluice::query {

std::string error_document(std::string_view message, AnswerFormat format, bool pretty) {
    if (is_csv(format)) {
        std::string text = "error\n";
        append_csv_field(text, message);
        return text + "\n";
    }
    if (format == AnswerFormat::kMsgpack) {
        std::string text;
        append_msgpack_map(text, 1);
        append_msgpack_string(text, "error");
        append_msgpack_string(text, message);
        return text;
    }
    JsonText json(pretty);
    json.begin_object();
    json.key("error");
    json.string(message);
    json.end_object();
    json.end_document();
    return std::move(json.text());
}

}  // namespace sluice::query
