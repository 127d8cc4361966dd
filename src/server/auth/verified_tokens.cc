#include "server/auth/verified_tokens.h"

#include <utility>

namespace sluice::server {
namespace {

// Nobody has such a name; a thousand of them should not take the memory of a core.
constexpr std::size_t kUserBytesMax = 256;

}  // namespace

const std::string* VerifiedTokens::user_of(const KeyedHash::Code& code, std::int64_t now_s) const {
    const Place& place = places_[number_of(code) % kPlaces];
    if (place.claims.user.empty() || now_s > place.claims.expires_s) return nullptr;
    return are_equal_in_constant_time(text_of(place.code), text_of(code)) ? &place.claims.user
                                                                          : nullptr;
}

void VerifiedTokens::insert(const KeyedHash::Code& code, TokenClaims claims) {
    if (claims.user.size() > kUserBytesMax) return;
    places_[number_of(code) % kPlaces] = {code, std::move(claims)};
}

}  // namespace sluice::server
