// Finds the end of one HTTP response, whatever server sent it.
#pragma once

#include <strings.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace sluice::perf {

// Knows as much of HTTP as answers to writes need: Content-Length and chunked bodies, no trailers.
class ResponseScanner {
public:
    void reset() {
        text_.clear();
        body_at_ = 0;
        is_complete_ = false;
    }

    void feed(std::string_view bytes) {
        text_ += bytes;
        if (body_at_ == 0) read_head();
        if (body_at_ == 0) return;
        is_complete_ =
            is_chunked_ ? text_.ends_with("0\r\n\r\n") : text_.size() >= body_at_ + content_length_;
    }

    bool is_complete() const { return is_complete_; }
    unsigned status() const { return status_; }
    bool closes_connection() const { return closes_connection_; }
    const std::string& text() const { return text_; }

private:
    void read_head() {
        const std::size_t end = text_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        body_at_ = end + 4;
        status_ = text_.size() > 9 ? static_cast<unsigned>(std::atoi(text_.c_str() + 9)) : 0;
        content_length_ = 0;
        is_chunked_ = closes_connection_ = false;
        std::size_t at = text_.find("\r\n") + 2;
        while (at < body_at_ - 2) {
            const std::size_t line_end = text_.find("\r\n", at);
            read_header(std::string_view(text_).substr(at, line_end - at));
            at = line_end + 2;
        }
    }

    void read_header(std::string_view line) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return;
        const std::string name(line.substr(0, colon));
        std::string value(line.substr(colon + 1));
        value.erase(0, value.find_first_not_of(' '));
        if (strcasecmp(name.c_str(), "content-length") == 0) {
            content_length_ = std::strtoull(value.c_str(), nullptr, 10);
        } else if (strcasecmp(name.c_str(), "transfer-encoding") == 0) {
            is_chunked_ = strcasecmp(value.c_str(), "chunked") == 0;
        } else if (strcasecmp(name.c_str(), "connection") == 0) {
            closes_connection_ = strcasecmp(value.c_str(), "close") == 0;
        }
    }

    std::string text_;
    std::size_t body_at_ = 0;
    std::size_t content_length_ = 0;
    unsigned status_ = 0;
    bool is_chunked_ = false;
    bool closes_connection_ = false;
    bool is_complete_ = false;
};

}  // namespace sluice::perf
