// A User is somebody who may use the server, with privileges. The catalog keeps users; nothing here
// asks for a password.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::meta {

// A set of two bits, as InfluxDB keeps it. The values are stored; they never change.
enum class Privilege : std::uint8_t { kNone = 0, kRead = 1, kWrite = 2, kAll = 3 };

// Returns whether all of `wanted` is in `held`.
constexpr bool includes(Privilege held, Privilege wanted) {
    const auto bits = static_cast<unsigned>(wanted);
    return (static_cast<unsigned>(held) & bits) == bits;
}
// Returns what is left of `held` when `taken` is taken away.
constexpr Privilege without(Privilege held, Privilege taken) {
    return static_cast<Privilege>(static_cast<unsigned>(held) & ~static_cast<unsigned>(taken));
}
// "READ", "WRITE", "ALL PRIVILEGES", "NO PRIVILEGES".
std::string_view privilege_text(Privilege privilege);

struct DatabasePrivilege {
    std::string database;
    Privilege privilege = Privilege::kNone;  // a revoked privilege leaves kNone behind
};

struct User {
    std::string name;
    std::string password_hash;  // of crypt(3), see password.h
    bool is_admin = false;
    std::vector<DatabasePrivilege> privileges;  // sorted by database
    std::uint64_t edit = 0;

    Privilege privilege_on(std::string_view database) const;
    // An admin may do everything everywhere.
    bool may(Privilege wanted, std::string_view database) const {
        return is_admin || includes(privilege_on(database), wanted);
    }
};

}  // namespace sluice::meta
