// Sessions of the 2.x API: whoever has signed in with a password carries a cookie, and needs no
// password for an hour.
//
// The server keeps nothing of a session. The cookie says which user it is and until when, and is
// signed with a key that the process draws when it starts, and with the user's password hash: a
// changed password, a dropped user and a restart end it. Signing out is remembered until the cookie
// would have expired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sluice/meta/catalog.h"

namespace sluice::server {

// As InfluxDB 2.7 names it.
inline constexpr std::string_view kSessionCookie = "influxdb-oss-session";
inline constexpr std::int64_t kSessionSeconds = 3600;

// It belongs to one core; all of them share the key.
class Sessions {
public:
    explicit Sessions(std::string key) : key_(std::move(key)) {}

    // The value of the cookie. `nonce` is random and tells sessions apart.
    std::string cookie_of(const meta::User& user, std::int64_t now_s, std::uint64_t nonce) const;
    // Null if the cookie is not good, or not any more. Valid as long as the catalog.
    const meta::User* user_of(std::string_view cookie, const meta::Catalog& catalog,
                              std::int64_t now_s) const;
    // The session of a good cookie ends on this core.
    void end(std::string_view cookie, std::int64_t now_s);

private:
    std::string signature_of(std::string_view text, const meta::User& user) const;

    const std::string key_;
    std::unordered_map<std::uint64_t, std::int64_t> ended_;  // nonces, and when they expire
};

// Random bytes, as many as the longest key of HMAC-SHA-256 that is not shortened.
std::string draw_session_key();
// The value that the Cookie field of a request has for a session; empty: none.
std::string_view session_in(std::string_view cookies);

}  // namespace sluice::server
