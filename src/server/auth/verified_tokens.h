// VerifiedTokens remembers JSON web tokens whose signature was good, until they expire, by a code
// that a KeyedHash makes of the token.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/auth/json_web_token.h"
#include "server/auth/keyed_hash.h"

namespace sluice::server {

// It belongs to one core. Only what was verified goes in.
class VerifiedTokens {
public:
    static constexpr std::size_t kPlaces = 1024;

    VerifiedTokens() : places_(kPlaces) {}

    // Null if the token is not known, or is not good any more. Valid until the next insert().
    const std::string* user_of(const KeyedHash::Code& code, std::int64_t now_s) const;
    // Of two tokens with the same place the later one stays.
    void insert(const KeyedHash::Code& code, TokenClaims claims);

private:
    struct Place {
        KeyedHash::Code code{};
        TokenClaims claims;  // without a user where nothing is remembered
    };
    std::vector<Place> places_;
};

}  // namespace sluice::server
