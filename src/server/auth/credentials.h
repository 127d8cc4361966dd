// The credentials of a request: what a client says of who it is, before anybody has looked whether
// that is true (InfluxDB: services/httpd/handler.go, parseCredentials).
//
//     u=bob&p=secret                       in the target, both with a value
//     Authorization: Basic <base64>        user:password
//     Authorization: Token bob:secret      since 1.8; cut at the first colon
//     Authorization: Bearer <token>        a JSON web token
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
    void forget();

    Kind kind() const { return kind_; }
    std::string_view user() const { return std::string_view(text_).substr(0, user_size_); }
    std::string_view password() const { return std::string_view(text_).substr(user_size_); }
    std::string_view token() const { return text_; }

private:
    void read_header(std::string_view authorization);
    // Takes `text_` for "user:password"; false without a colon.
    bool split();

    Kind kind_ = Kind::kNone;
    std::string text_;  // the user and the password without what was between them, or the token
    std::size_t user_size_ = 0;
};

}  // namespace sluice::server
