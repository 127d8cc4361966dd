#include "server/auth/credentials.h"

#include "server/auth/base64.h"
#include "server/auth/keyed_hash.h"
#include "sluice/http/request.h"

namespace sluice::server {

// The bytes are overwritten before they go, so that no password stays behind in memory that is used
// for something else later.
void Credentials::forget() {
    wipe(text_.data(), text_.size());
    text_.clear();
    user_size_ = 0;
    kind_ = Kind::kNone;
    may_be_web_token_ = false;
}

// Both lie in one text, one behind the other, so that there is one place to wipe.
void Credentials::set(std::string_view user, std::string_view password) {
    forget();
    text_.append(user).append(password);
    user_size_ = user.size();
    kind_ = Kind::kPassword;
}

// The order is InfluxDB's (services/httpd/handler.go: parseCredentials): u and p of the target
// count before the header, and only if both are there.
void Credentials::read(const http::Parameters& parameters, std::string_view authorization) {
    forget();
    const std::string_view user = parameters.get("u");
    const std::string_view password = user.empty() ? user : parameters.get("p");
    if (!password.empty()) {
        set(user, password);
        return;
    }
    if (authorization.empty()) return;
    read_header(authorization);
    if (kind_ == Kind::kNone) forget();
}

// "Token user:password" is what clients of 2.x send to 1.8; without a colon it is a token. "Bearer"
// is a token as it is, and written exactly so it may be a web token.
void Credentials::read_header(std::string_view authorization) {
    const std::size_t blank = authorization.find(' ');
    if (blank == authorization.npos) return;
    const std::string_view scheme = authorization.substr(0, blank);
    const std::string_view rest = authorization.substr(blank + 1);
    const bool is_one_word = rest.find(' ') == rest.npos;
    // 1.x knows these two as they are written here, 2.x in any case.
    const bool is_bearer = http::equals_ignoring_case(scheme, "Bearer");
    if (is_bearer || http::equals_ignoring_case(scheme, "Token")) {
        if (!is_one_word || rest.empty()) return;
        text_ = rest;
        if (is_bearer || rest.find(':') == rest.npos) {
            kind_ = Kind::kToken;
            may_be_web_token_ = scheme == "Bearer";
        } else if (scheme == "Token" && split()) {
            kind_ = Kind::kPassword;
        }
        return;
    }
    if (!http::equals_ignoring_case(scheme, "Basic")) return;
    if (append_base64_decoded(text_, rest, Base64Alphabet::kStandard).ok() && split()) {
        kind_ = Kind::kPassword;
    }
}

// At the first colon: a name cannot have one, a password may.
bool Credentials::split() {
    const std::size_t colon = text_.find(':');
    if (colon == text_.npos) return false;
    text_.erase(colon, 1);
    user_size_ = colon;
    return true;
}

}  // namespace sluice::server
