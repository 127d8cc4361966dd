#include "server/auth/verified_passwords.h"

#include <cstring>

namespace sluice::server {
namespace {

std::string_view text_of(const KeyedHash::Code& code) {
    return {reinterpret_cast<const char*>(code.data()), code.size()};
}

}  // namespace

// Whoever does not know the key cannot choose the place, nor learn from the time which it was.
std::size_t VerifiedPasswords::place_of(const KeyedHash::Code& code) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, code.data(), sizeof bits);
    return bits % kSets;
}

bool VerifiedPasswords::contains(const KeyedHash::Code& code) const {
    const Set& set = sets_[place_of(code)];
    bool found = false;
    for (std::size_t i = 0; i < set.count; ++i) {
        found |= are_equal_in_constant_time(text_of(set.codes[i]), text_of(code));
    }
    return found;
}

void VerifiedPasswords::insert(const KeyedHash::Code& code) {
    if (contains(code)) return;
    Set& set = sets_[place_of(code)];
    if (set.count < kCodesInSet) {
        set.codes[set.count++] = code;
        return;
    }
    set.codes[set.oldest] = code;
    set.oldest = static_cast<std::uint8_t>((set.oldest + 1) % kCodesInSet);
}

}  // namespace sluice::server
