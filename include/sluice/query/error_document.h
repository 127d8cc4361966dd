// The body of a request that failed as a whole.
#pragma once

#include <string>
#include <string_view>

#include "sluice/query/answer_format.h"

namespace sluice::query {

// The body of a request that failed as a whole, as InfluxDB's httpError() writes it, e.g.
// {"error":"missing required parameter \"q\""} and a newline.
std::string error_document(std::string_view message, AnswerFormat format, bool pretty);

}  // namespace sluice::query
