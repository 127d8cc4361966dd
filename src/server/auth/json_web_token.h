// JSON web tokens (RFC 7519) as InfluxDB takes them: signed by HMAC with a secret that the server
// shares with whoever makes them, with the claims `username` and `exp`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::server {

// Longer ones are refused before anything is computed over them.
inline constexpr std::size_t kTokenBytesMax = 16 * 1024;

struct TokenClaims {
    std::string user;
    std::int64_t expires_s = 0;  // the last second in which it is good
    bool operator==(const TokenClaims&) const = default;
};

// Returns what a token says. HS256, HS384 and HS512 are taken. `nbf` and `iat` count where they are
// there. It fails with kInvalid, in the words of InfluxDB and the library it uses (dgrijalva/jwt-go
// 3.2) where they are about the token, and in words of our own where a part of it is no JSON
// object. Whether there is such a user is the caller's question.
Result<TokenClaims> verify_token(std::string_view token, std::string_view secret,
                                 std::int64_t now_s);

}  // namespace sluice::server
