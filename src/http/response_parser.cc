#include "sluice/http/response_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace sluice::http {
namespace {

// Of names and values; servers send a kilobyte or two.
constexpr std::size_t kHeaderBytesMax = 64 * 1024;

}  // namespace

struct ResponseParser::Machine {
    llhttp_t parser;
    Expected expected;
    std::string body_start;
    std::uint64_t body_bytes = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::size_t header_bytes = 0;
    bool name_is_complete = false;
    bool complete = false;
    bool keeps_connection = false;

    static Machine& of(llhttp_t* parser) { return *static_cast<Machine*>(parser->data); }

    static int on_body(llhttp_t* parser, const char* at, std::size_t size) {
        Machine& self = of(parser);
        std::string& kept = self.body_start;
        kept.append(at, std::min(size, self.expected.body_bytes_kept - kept.size()));
        self.body_bytes += size;
        return 0;
    }
    // Another answer begins; the one before was 100 Continue.
    static int on_begin(llhttp_t* parser) {
        Machine& self = of(parser);
        self.headers.clear();
        self.header_bytes = 0;
        return 0;
    }
    // A name or a value may come in pieces. A value is complete before the next name begins.
    static int on_name(llhttp_t* parser, const char* at, std::size_t size) {
        Machine& self = of(parser);
        if (self.headers.empty() || self.name_is_complete) {
            self.headers.emplace_back();
            self.name_is_complete = false;
        }
        return self.add(self.headers.back().first, at, size);
    }
    static int on_name_complete(llhttp_t* parser) {
        Machine& self = of(parser);
        for (char& c : self.headers.back().first) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        self.name_is_complete = true;
        return 0;
    }
    static int on_value(llhttp_t* parser, const char* at, std::size_t size) {
        Machine& self = of(parser);
        return self.headers.empty() ? 0 : self.add(self.headers.back().second, at, size);
    }
    int add(std::string& text, const char* at, std::size_t size) {
        header_bytes += size;
        if (header_bytes > kHeaderBytesMax) return HPE_USER;
        text.append(at, size);
        return 0;
    }
    // 1 tells llhttp that no body follows, whatever the header says of its length.
    static int on_headers_complete(llhttp_t* parser) {
        return of(parser).expected.has_body ? 0 : 1;
    }
    static int on_complete(llhttp_t* parser) {
        // 100 Continue and its kind come before the answer.
        if (parser->status_code < 200) return 0;
        Machine& self = of(parser);
        self.complete = true;
        self.keeps_connection = llhttp_should_keep_alive(parser) != 0;
        return HPE_PAUSED;
    }
    static const llhttp_settings_t& settings() {
        static const llhttp_settings_t kSettings = [] {
            llhttp_settings_t made;
            llhttp_settings_init(&made);
            made.on_message_begin = on_begin;
            made.on_header_field = on_name;
            made.on_header_field_complete = on_name_complete;
            made.on_header_value = on_value;
            made.on_headers_complete = on_headers_complete;
            made.on_body = on_body;
            made.on_message_complete = on_complete;
            return made;
        }();
        return kSettings;
    }
};

ResponseParser::ResponseParser() : machine_(std::make_unique<Machine>()) {
    reset();
}
ResponseParser::~ResponseParser() = default;

void ResponseParser::reset(const Expected& expected) {
    llhttp_init(&machine_->parser, HTTP_RESPONSE, &Machine::settings());
    machine_->parser.data = machine_.get();
    machine_->expected = expected;
    machine_->body_start.clear();
    machine_->body_bytes = 0;
    machine_->headers.clear();
    machine_->header_bytes = 0;
    machine_->complete = false;
    machine_->keeps_connection = false;
}

Result<bool> ResponseParser::add(std::string_view bytes) {
    const llhttp_errno_t error = llhttp_execute(&machine_->parser, bytes.data(), bytes.size());
    if (machine_->complete) return true;
    if (error != HPE_OK) {
        return Error{ErrorKind::kInvalid,
                     std::string("not an HTTP answer: ") + llhttp_errno_name(error)};
    }
    return false;
}

bool ResponseParser::finish() {
    (void)llhttp_finish(&machine_->parser);
    return machine_->complete;
}

int ResponseParser::status() const {
    return machine_->parser.status_code;
}
bool ResponseParser::keeps_connection() const {
    return machine_->keeps_connection;
}
std::string_view ResponseParser::body_start() const {
    return machine_->body_start;
}
std::uint64_t ResponseParser::body_bytes() const {
    return machine_->body_bytes;
}
std::string_view ResponseParser::header(std::string_view name) const {
    for (const auto& [each, value] : machine_->headers) {
        if (each != name) continue;
        // llhttp leaves out the blanks before it only.
        return std::string_view(value).substr(0, value.find_last_not_of(" \t") + 1);
    }
    return {};
}

}  // namespace sluice::http
