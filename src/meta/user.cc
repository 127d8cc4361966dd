#include "sluice/meta/user.h"

#include <algorithm>

namespace sluice::meta {

std::string_view privilege_text(Privilege privilege) {
    switch (privilege) {
        case Privilege::kNone:
            return "NO PRIVILEGES";
        case Privilege::kRead:
            return "READ";
        case Privilege::kWrite:
            return "WRITE";
        case Privilege::kAll:
            return "ALL PRIVILEGES";
    }
    return "";
}

Privilege User::privilege_on(std::string_view database) const {
    const auto found =
        std::ranges::lower_bound(privileges, database, {}, &DatabasePrivilege::database);
    if (found == privileges.end() || found->database != database) return Privilege::kNone;
    return found->privilege;
}

}  // namespace sluice::meta
