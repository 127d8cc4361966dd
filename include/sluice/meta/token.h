// A Token is what 2.x calls an authorization: whoever shows its text may do what it permits.
//
// The catalog does not know the text but only a SHA-256 of it, by which it is found. The text is of
// random bytes, or as long as whoever chose it thought right, so no slow hash guards it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/meta/user.h"

namespace sluice::meta {

// May do one thing to one resource, or to all of a type. Types are InfluxDB's words: "buckets",
// "orgs", "authorizations", "users" and others that mean nothing here but are kept, because clients
// read back what they have asked for.
struct Permission {
    Privilege privilege = Privilege::kRead;  // kRead or kWrite
    std::string type;
    std::uint64_t id = 0;  // 0: all of the type
    bool operator==(const Permission&) const = default;
};

struct Token {
    std::uint64_t id = 0;
    std::string code;  // SHA-256 of the text, 32 bytes
    std::string user;  // who made it; empty where nobody was asked
    std::string description;
    bool is_active = true;
    std::vector<Permission> permissions;
    std::int64_t created_ns = 0;
    std::int64_t updated_ns = 0;
    std::uint64_t edit = 0;

    // With id 0: all of the type.
    bool permits(Privilege wanted, std::string_view type, std::uint64_t id) const;
    // What an all-access token has: it may make tokens and users and write every bucket, and so
    // nothing is out of its reach.
    bool is_admin() const;
};

inline constexpr std::size_t kTokenCodeBytes = 32;
inline constexpr std::string_view kBucketResource = "buckets";

// The code by which the catalog finds the token.
std::string token_code_of(std::string_view text);

}  // namespace sluice::meta
