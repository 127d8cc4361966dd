// The credentials of a request: what a client says of who it is, before anybody has looked whether
// that is true (InfluxDB: services/httpd/handler.go, parseCredentials).
//
//     u=bob&p=secret                       in the target, both with a value
//     Authorization: Basic <base64>        user:password
//     Authorization: Token bob:secret      since 1.8; cut at the first colon
//     Authorization: Bearer <token>        a JSON web token, or a token of 2.x
//     Authorization: Token <token>         a token of 2.x, which has no colon
//
// A token of 2.x may also be the password of any user (InfluxDB 2: its 1.x compatibility API).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/http/url.h"

namespace sluice::server {

// Used again for the next request without allocating; what it held is overwritten then, and when it
// goes away.
class Credentials {
public:
    enum class Kind : std::uint8_t { kNone, kPassword, kToken };

    Credentials() = default;
    ~Credentials() { forget(); }
    Credentials(Credentials&&) = default;
    Credentials& operator=(Credentials&&) = default;

    // `parameters` are those of the target. kNone: there is nothing, or nothing that can be read.
    void read(const http::Parameters& parameters, std::string_view authorization);
    // A user and a password that came in another way.
    void set(std::string_view user, std::string_view password);
    void forget();

    Kind kind() const { return kind_; }
    std::string_view user() const { return std::string_view(text_).substr(0, user_size_); }
    std::string_view password() const { return std::string_view(text_).substr(user_size_); }
    std::string_view token() const { return text_; }
    // Whether the token may be a JSON web token: 1.x takes these by "Bearer", written so.
    bool may_be_web_token() const { return may_be_web_token_; }

private:
    void read_header(std::string_view authorization);
    // Takes `text_` for "user:password"; false without a colon.
    bool split();

    Kind kind_ = Kind::kNone;
    bool may_be_web_token_ = false;
    std::string text_;  // the user and the password without what was between them, or the token
    std::size_t user_size_ = 0;
};

}  // namespace sluice::server
