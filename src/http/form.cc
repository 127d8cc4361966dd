#include "sluice/http/form.h"

#include <string>
#include <vector>

#include "sluice/http/request.h"

namespace sluice::http {
namespace {

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The value of `; name=value` or `; name="value"` in a header's value (RFC 9110 section 5.6.6).
bool header_parameter(std::string_view header, std::string_view name, std::string& value) {
    std::size_t at = header.find(';');
    while (at < header.size()) {
        const std::size_t equals = header.find('=', at);
        if (equals == header.npos) return false;
        const bool wanted =
            equals_ignoring_case(trim(header.substr(at + 1, equals - at - 1)), name);
        std::string text;
        at = equals + 1;
        if (at < header.size() && header[at] == '"') {
            for (++at; at < header.size() && header[at] != '"'; ++at) {
                if (header[at] == '\\' && at + 1 < header.size()) ++at;
                text += header[at];
            }
            at = header.find(';', at);
        } else {
            const std::size_t end = header.find(';', at);
            text = trim(header.substr(at, end == header.npos ? end : end - at));
            at = end;
        }
        if (wanted) {
            value = std::move(text);
            return true;
        }
    }
    return false;
}

struct Part {
    std::string name;
    bool is_file = false;
    std::string_view content;
};

// `head` is the part's header lines.
void read_disposition(std::string_view head, Part& part) {
    constexpr std::string_view kDisposition = "Content-Disposition:";
    while (!head.empty()) {
        const std::size_t end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        head = end == head.npos ? std::string_view() : head.substr(end + 2);
        if (!equals_ignoring_case(line.substr(0, kDisposition.size()), kDisposition)) continue;
        header_parameter(line, "name", part.name);
        std::string file_name;
        part.is_file = header_parameter(line, "filename", file_name);
    }
}

std::string_view media_type(std::string_view content_type) {
    return trim(content_type.substr(0, content_type.find(';')));
}

Result<void> parse_multipart(std::string_view boundary, std::string_view body,
                             Parameters& parameters, std::vector<FormFile>& files) {
    const Error broken{ErrorKind::kInvalid, "multipart: NextPart: EOF"};
    const std::string first = "--" + std::string(boundary);
    const std::string delimiter = "\r\n" + first;
    std::size_t at = body.find(first);
    if (at == body.npos) return broken;
    at += first.size();
    while (body.substr(at, 2) != "--") {
        const std::size_t line_end = body.find("\r\n", at);
        if (line_end == body.npos) return broken;
        // A part without headers has the empty line at once.
        const std::size_t head_end = body.find("\r\n\r\n", line_end);
        if (head_end == body.npos) return broken;
        const std::size_t end = body.find(delimiter, head_end + 2);
        if (end == body.npos) return broken;
        Part part;
        if (head_end > line_end) {
            read_disposition(body.substr(line_end + 2, head_end - line_end - 2), part);
        }
        const std::size_t content = head_end + 4;
        if (end > content) part.content = body.substr(content, end - content);
        if (part.is_file) {
            files.push_back({std::move(part.name), part.content});
        } else if (!part.name.empty()) {
            parameters.add(part.name, part.content);
        }
        at = end + delimiter.size();
    }
    return {};
}

}  // namespace

bool is_multipart(std::string_view content_type) {
    return equals_ignoring_case(media_type(content_type), "multipart/form-data");
}

Result<void> parse_form(std::string_view content_type, std::string_view body,
                        Parameters& parameters, std::vector<FormFile>& files) {
    if (equals_ignoring_case(media_type(content_type), "application/x-www-form-urlencoded")) {
        parameters.parse(body);
        return {};
    }
    if (!is_multipart(content_type)) return {};
    std::string boundary;
    if (!header_parameter(content_type, "boundary", boundary) || boundary.empty()) {
        return Error{ErrorKind::kInvalid, "no multipart boundary param in Content-Type"};
    }
    return parse_multipart(boundary, body, parameters, files);
}

}  // namespace sluice::http
