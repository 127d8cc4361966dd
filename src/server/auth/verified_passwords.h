// VerifiedPasswords remembers which users have shown which passwords, so that bcrypt is asked once
// and not with every request.
//
// It holds codes of a KeyedHash and nothing else. The stored hash of the user is part of what the
// code is made of: when a password changes, or a user goes, what was remembered fits no more.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "server/auth/keyed_hash.h"

namespace sluice::server {

// It belongs to one core. Only what was verified goes in, so that nobody without a password can
// drive out another's.
class VerifiedPasswords {
public:
    // 128 KiB: four thousand users. With more, some verify again now and then.
    static constexpr std::size_t kSets = 1024;
    static constexpr std::size_t kCodesInSet = 4;

    VerifiedPasswords() : sets_(kSets) {}

    bool contains(const KeyedHash::Code& code) const;
    void insert(const KeyedHash::Code& code);

private:
    struct Set {
        std::array<KeyedHash::Code, kCodesInSet> codes{};
        std::uint8_t count = 0;
        std::uint8_t oldest = 0;
    };

    std::vector<Set> sets_;
};

}  // namespace sluice::server
