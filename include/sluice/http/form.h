// Forms in request bodies: application/x-www-form-urlencoded and multipart/form-data (RFC 7578).
#pragma once

#include <string_view>

#include "sluice/base/result.h"
#include "sluice/http/url.h"

namespace sluice::http {

// Adds the form's fields to `parameters`. A file counts as a field of its part's name when no field
// has that name: `curl -F q=@queries.txt`. Bodies of other types add nothing. kInvalid: the
// multipart body is broken.
Result<void> parse_form(std::string_view content_type, std::string_view body,
                        Parameters& parameters);

}  // namespace sluice::http
