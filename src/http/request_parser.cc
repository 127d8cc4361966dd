#include "sluice/http/request_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "sluice/base/pod_vector.h"
#include "sluice/http/url.h"

namespace sluice::http {
namespace {

// A head larger than this does not leave its memory behind.
constexpr std::size_t kTextBytesKept = 16 * 1024;

// How many fields of that name there are, with that value if one is given.
std::size_t count_fields(const Request& request, std::string_view name,
                         std::optional<std::string_view> value = {}) {
    return static_cast<std::size_t>(
        std::count_if(request.headers.begin(), request.headers.end(), [&](const HeaderField& each) {
            return equals_ignoring_case(each.name, name) &&
                   (!value || equals_ignoring_case(each.value, *value));
        }));
}

struct Piece {
    std::size_t begin = 0;
    std::size_t size = 0;
    std::string_view in(const std::string& text) const {
        return std::string_view(text).substr(begin, size);
    }
};

struct FieldPieces {
    Piece name;
    Piece value;
};

Method method_of(std::uint8_t llhttp_method) {
    switch (llhttp_method) {
        case HTTP_GET:
            return Method::kGet;
        case HTTP_HEAD:
            return Method::kHead;
        case HTTP_POST:
            return Method::kPost;
        case HTTP_PUT:
            return Method::kPut;
        case HTTP_PATCH:
            return Method::kPatch;
        case HTTP_DELETE:
            return Method::kDelete;
        case HTTP_OPTIONS:
            return Method::kOptions;
        default:
            return Method::kOther;
    }
}

constexpr std::size_t kBeginningBytes = 4;

// Why a head cannot be read, in a sentence: llhttp's own differ from version to version. `begins`
// are the first bytes of the head; `bare_line_feed`: it stumbled over one.
std::string_view malformed_text(llhttp_errno_t error, std::string_view begins,
                                bool bare_line_feed) {
    constexpr char kTlsHandshake = '\x16';
    if (begins.starts_with(kTlsHandshake)) {
        return "400 Bad Request: this looks like TLS, and this port speaks HTTP without it "
               "(http://)";
    }
    if (begins.starts_with("PRI ")) return "400 Bad Request: HTTP/2 is not spoken here";
    if (bare_line_feed) {
        return "400 Bad Request: a line of the head ends with a bare line feed, without a carriage "
               "return";
    }
    switch (error) {
        case HPE_INVALID_METHOD:
            return !begins.empty() && begins[0] >= 'a' && begins[0] <= 'z'
                       ? "400 Bad Request: methods are written in capitals, such as GET or POST"
                       : "400 Bad Request: no method that is known; did the body before have "
                         "another length than was said?";
        case HPE_LF_EXPECTED:
        case HPE_CR_EXPECTED:
            return "400 Bad Request: a carriage return without a line feed behind it in the head";
        case HPE_UNEXPECTED_CONTENT_LENGTH:
            return "400 Bad Request: two lengths: more than one Content-Length, or one beside a "
                   "Transfer-Encoding";
        case HPE_INVALID_CONTENT_LENGTH:
            return "400 Bad Request: Content-Length is not a number of bytes";
        case HPE_INVALID_TRANSFER_ENCODING:
            return "400 Bad Request: Transfer-Encoding does not end with chunked";
        case HPE_INVALID_URL:
            return "400 Bad Request: the target holds a blank or a control byte, or does not begin "
                   "with a slash";
        case HPE_INVALID_VERSION:
        case HPE_INVALID_CONSTANT:
            return "400 Bad Request: a request line is a method, a target with its blanks escaped, "
                   "and HTTP/1.1";
        case HPE_INVALID_HEADER_TOKEN:
        case HPE_UNEXPECTED_SPACE:
            return "400 Bad Request: a header field has a byte that may not stand there";
        default:
            return "400 Bad Request: the head is not HTTP/1.1";
    }
}

}  // namespace

// llhttp and what its callbacks gather. Pieces are positions, because `text` moves as it grows.
struct RequestParser::Machine {
    llhttp_t parser;
    std::string text;
    Piece target;
    PodVector<FieldPieces> fields;
    // The first bytes of the head, by which other protocols are recognised.
    std::string beginning;
    char last_byte = '\0';  // of the bytes before those being read
    bool line_begun = false;
    bool target_complete = false;
    bool reading_value = false;
    std::size_t fields_max = 0;
    bool too_many_fields = false;

    static Machine& of(llhttp_t* parser) { return *static_cast<Machine*>(parser->data); }

    void extend(Piece& piece, const char* at, std::size_t size) {
        if (piece.size == 0) piece.begin = text.size();
        text.append(at, size);
        piece.size += size;
    }

    static int on_url(llhttp_t* parser, const char* at, std::size_t size) {
        Machine& self = of(parser);
        self.extend(self.target, at, size);
        return 0;
    }
    static int on_url_complete(llhttp_t* parser) {
        of(parser).target_complete = true;
        return 0;
    }
    static int on_field(llhttp_t* parser, const char* at, std::size_t size) {
        Machine& self = of(parser);
        if (self.fields.empty() || self.reading_value) {
            self.reading_value = false;
            if (self.fields.size() == self.fields_max) {
                self.too_many_fields = true;
                return HPE_USER;
            }
            self.fields.push_back({});
        }
        self.extend(self.fields.back().name, at, size);
        return 0;
    }
    static int on_value(llhttp_t* parser, const char* at, std::size_t size) {
        Machine& self = of(parser);
        self.reading_value = true;
        if (size != 0) self.extend(self.fields.back().value, at, size);
        return 0;
    }
    // A header with an empty value calls on_value not at all or with nothing.
    static int on_value_complete(llhttp_t* parser) {
        of(parser).reading_value = true;
        return 0;
    }
    static int on_head(llhttp_t*) { return HPE_PAUSED; }

    static const llhttp_settings_t& settings() {
        static const llhttp_settings_t kSettings = [] {
            llhttp_settings_t made;
            llhttp_settings_init(&made);
            made.on_url = on_url;
            made.on_url_complete = on_url_complete;
            made.on_header_field = on_field;
            made.on_header_value = on_value;
            made.on_header_value_complete = on_value_complete;
            made.on_headers_complete = on_head;
            return made;
        }();
        return kSettings;
    }

    // Targets may hold bytes beyond ASCII as they are: curl sends what it was given, and Go's
    // server takes it. llhttp does not, and sees them escaped.
    llhttp_errno_t execute(std::string_view bytes) {
        for (std::size_t i = 0; i < bytes.size() && beginning.size() < kBeginningBytes; ++i) {
            if (!beginning.empty() || (bytes[i] != '\r' && bytes[i] != '\n')) beginning += bytes[i];
        }
        if (!target_complete) {
            // Empty lines may stand before the first one.
            std::size_t begin = 0;
            if (!line_begun) begin = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
            line_begun = begin < bytes.size();
            const std::string_view line = bytes.substr(0, bytes.find('\n', begin));
            if (has_beyond_ascii(line)) {
                std::string escaped;
                append_escaped_beyond_ascii(escaped, line);
                const llhttp_errno_t error =
                    llhttp_execute(&parser, escaped.data(), escaped.size());
                if (error != HPE_OK) return error;
                bytes.remove_prefix(line.size());
            }
        }
        return llhttp_execute(&parser, bytes.data(), bytes.size());
    }

    // After execute() has failed on `bytes`.
    std::string_view refusal_text(std::string_view bytes, llhttp_errno_t error) const {
        const char* const at = llhttp_get_error_pos(&parser);
        const char* const begin = bytes.data();
        bool bare = false;
        // The error may lie in an escaped copy of the first line, which is no place in `bytes`.
        if (std::less_equal<>()(begin, at) && std::less_equal<>()(at, begin + bytes.size())) {
            char before = last_byte;
            for (const char c : bytes.substr(0, static_cast<std::size_t>(at - begin) + 1)) {
                bare = bare || (c == '\n' && before != '\r');
                before = c;
            }
        }
        return malformed_text(error, beginning, bare);
    }

    void reset() {
        beginning.clear();
        last_byte = '\0';
        llhttp_init(&parser, HTTP_REQUEST, &settings());
        parser.data = this;
        // To assign an empty string would keep the memory.
        if (text.capacity() > kTextBytesKept) std::string().swap(text);
        text.clear();
        target = {};
        line_begun = false;
        target_complete = false;
        fields.clear();
        reading_value = false;
        too_many_fields = false;
    }
};

RequestParser::RequestParser(HeadLimits limits)
    : limits_(limits), machine_(std::make_unique<Machine>()) {
    machine_->fields_max = limits.fields_max;
    machine_->reset();
}

RequestParser::~RequestParser() = default;

void RequestParser::reset() {
    machine_->reset();
    head_bytes_ = 0;
    request_.clear();
}

bool RequestParser::refuse(std::uint16_t status, std::string_view text) {
    refusal_ = {status, text};
    return false;
}

RequestParser::Progress RequestParser::feed(std::string_view bytes) {
    constexpr std::string_view kTooLarge = "431 Request Header Fields Too Large";
    const std::size_t room = limits_.bytes_max - head_bytes_;
    const std::string_view piece = bytes.substr(0, room);
    const llhttp_errno_t error = machine_->execute(piece);
    if (error == HPE_OK) {
        head_bytes_ += piece.size();
        if (!piece.empty()) machine_->last_byte = piece.back();
        if (piece.size() == bytes.size()) return {Outcome::kNeedMore, piece.size()};
        refuse(431, kTooLarge);
        return {Outcome::kRefused, piece.size()};
    }
    if (error != HPE_PAUSED) {
        if (machine_->too_many_fields) {
            refuse(431, kTooLarge);
        } else {
            refuse(400, machine_->refusal_text(piece, error));
        }
        return {Outcome::kRefused, 0};
    }
    const char* const end = llhttp_get_error_pos(&machine_->parser);
    const auto consumed = static_cast<std::size_t>(end - piece.data());
    head_bytes_ += consumed;
    return {finish_head() ? Outcome::kHead : Outcome::kRefused, consumed};
}

bool RequestParser::finish_head() {
    const llhttp_t& parser = machine_->parser;
    const std::string& text = machine_->text;
    request_.method = method_of(parser.method);
    request_.minor_version = parser.http_minor;
    request_.keep_alive = llhttp_should_keep_alive(&parser) != 0;
    request_.target = machine_->target.in(text);
    for (const FieldPieces& field : machine_->fields) {
        std::string_view value = field.value.in(text);
        while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
        request_.headers.push_back({field.name.in(text), value});
        name_header(request_.headers.back());
    }

    if (parser.http_major != 1) return refuse(505, "505 HTTP Version Not Supported");
    // Whoever stands before us may have read the other one.
    if (count_fields(request_, "Host") > 1) {
        return refuse(400, "400 Bad Request: more than one Host header");
    }
    // llhttp checks a coding other than chunked only after the point where it is stopped, and
    // passes over one that comes before it: `gzip, chunked` would be read as if it were plain.
    if ((parser.flags & F_TRANSFER_ENCODING) != 0) {
        if ((parser.flags & F_CONTENT_LENGTH) != 0) {
            return refuse(400, "400 Bad Request: a Content-Length beside a Transfer-Encoding");
        }
        if ((parser.flags & F_CHUNKED) == 0 ||
            count_fields(request_, "Transfer-Encoding", "chunked") != 1 ||
            count_fields(request_, "Transfer-Encoding") != 1) {
            return refuse(
                501, "501 Not Implemented: the only Transfer-Encoding that is read is chunked");
        }
        request_.framing = BodyFraming::kChunked;
    } else if (parser.content_length != 0) {
        request_.framing = BodyFraming::kLength;
        request_.content_length = parser.content_length;
    }
    request_.length_is_said = (parser.flags & (F_TRANSFER_ENCODING | F_CONTENT_LENGTH)) != 0;
    if (request_.minor_version >= 1 && request_.host.data() == nullptr) {
        return refuse(400, "400 Bad Request: missing required Host header");
    }
    if (!request_.expects_continue &&
        count_fields(request_, "Expect") != count_fields(request_, "Expect", "")) {
        return refuse(417, "417 Expectation Failed: only 100-continue can be expected");
    }

    // A target has no fragment (RFC 9112 section 3.2): '#' is an ordinary byte.
    std::string_view target = request_.target;
    // The absolute form, which proxies send: the authority is of no interest.
    if (const std::size_t scheme = target.find("://");
        !target.empty() && target[0] != '/' && scheme != target.npos) {
        const std::size_t slash = target.find_first_of("/?", scheme + 3);
        target = slash == target.npos ? std::string_view("/") : target.substr(slash);
    }
    const std::size_t mark = target.find('?');
    request_.path = target.substr(0, mark);
    if (mark != target.npos) request_.query = target.substr(mark + 1);
    return true;
}

void RequestParser::name_header(const HeaderField& field) {
    const std::string_view name = field.name;
    const auto take = [&](std::string_view wanted, std::string_view& place) {
        if (place.data() == nullptr && equals_ignoring_case(name, wanted)) place = field.value;
    };
    switch (name.size()) {
        case 4:
            take("Host", request_.host);
            break;
        case 6:
            take("Accept", request_.accept);
            take("Origin", request_.origin);
            if (equals_ignoring_case(name, "Expect") &&
                equals_ignoring_case(field.value, "100-continue")) {
                request_.expects_continue = true;
            }
            break;
        case 7:
            take("Referer", request_.referer);
            break;
        case 10:
            take("User-Agent", request_.user_agent);
            take("Request-Id", request_.request_id);
            break;
        case 12:
            take("Content-Type", request_.content_type);
            take("X-Request-Id", request_.x_request_id);
            break;
        case 13:
            take("Authorization", request_.authorization);
            break;
        case 15:
            take("Accept-Encoding", request_.accept_encoding);
            break;
        case 16:
            take("Content-Encoding", request_.content_encoding);
            break;
        default:
            break;
    }
}

}  // namespace sluice::http
