// Forms in request bodies: application/x-www-form-urlencoded and multipart/form-data (RFC 7578).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/http/url.h"

namespace sluice::http {

// A part that came with a file name: `curl -F q=@queries.txt`.
struct FormFile {
    std::string name;          // of the part
    std::string_view content;  // in the body
};

// Returns whether a body is multipart, by its Content-Type. As in Go, parameters of the target come
// before those of a multipart body, but after those of an urlencoded one.
bool is_multipart(std::string_view content_type);

// Adds the form's fields to `parameters`, its files to `files`. Bodies of other types add nothing.
// kInvalid: the multipart body is broken; what comes before stays.
Result<void> parse_form(std::string_view content_type, std::string_view body,
                        Parameters& parameters, std::vector<FormFile>& files);

}  // namespace sluice::http
