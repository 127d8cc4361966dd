#include "sluice/meta/token.h"

#include <openssl/sha.h>

#include <algorithm>

namespace sluice::meta {

bool Token::permits(Privilege wanted, std::string_view type, std::uint64_t resource) const {
    return std::ranges::any_of(permissions, [&](const Permission& each) {
        return each.privilege == wanted && each.type == type &&
               (each.id == 0 || each.id == resource);
    });
}

bool Token::is_admin() const {
    for (const std::string_view type : {"authorizations", "buckets", "users"}) {
        for (const Privilege each : {Privilege::kRead, Privilege::kWrite}) {
            if (!permits(each, type, 0)) return false;
        }
    }
    return true;
}

std::string token_code_of(std::string_view text) {
    std::string code(kTokenCodeBytes, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(code.data()));
    return code;
}

}  // namespace sluice::meta
