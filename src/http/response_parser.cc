#include "sluice/http/response_parser.h"

#include <llhttp.h>

#include <algorithm>

namespace sluice::http {
namespace {

constexpr std::size_t kBodyBytesKept = 256;

}  // namespace

struct ResponseParser::Machine {
    llhttp_t parser;
    std::string body_start;
    bool complete = false;
    bool keeps_connection = false;

    static Machine& of(llhttp_t* parser) { return *static_cast<Machine*>(parser->data); }

    static int on_body(llhttp_t* parser, const char* at, std::size_t size) {
        std::string& kept = of(parser).body_start;
        kept.append(at, std::min(size, kBodyBytesKept - kept.size()));
        return 0;
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

void ResponseParser::reset() {
    llhttp_init(&machine_->parser, HTTP_RESPONSE, &Machine::settings());
    machine_->parser.data = machine_.get();
    machine_->body_start.clear();
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

}  // namespace sluice::http
