#include "server/auth/verified_passwords.h"

namespace sluice::server {

bool VerifiedPasswords::contains(const KeyedHash::Code& code) const {
    const Set& set = sets_[number_of(code) % kSets];
    bool found = false;
    for (std::size_t i = 0; i < set.count; ++i) {
        found |= are_equal_in_constant_time(text_of(set.codes[i]), text_of(code));
    }
    return found;
}

void VerifiedPasswords::insert(const KeyedHash::Code& code) {
    if (contains(code)) return;
    Set& set = sets_[number_of(code) % kSets];
    if (set.count < kCodesInSet) {
        set.codes[set.count++] = code;
        return;
    }
    set.codes[set.oldest] = code;
    set.oldest = static_cast<std::uint8_t>((set.oldest + 1) % kCodesInSet);
}

}  // namespace sluice::server
