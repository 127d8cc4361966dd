// A Principal is whoever asks for something and has proven who that is: a user, a token, or nobody.
//
// It says what the catalog allows. A user holds privileges on databases, a token permissions for
// buckets, which are single policies. A token that a user made may never do more than the user may
// now: what is revoked from the user ends for the token, too. Valid as long as the catalog.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/meta/catalog.h"

namespace sluice::meta {

class Principal {
public:
    Principal() = default;  // nobody
    Principal(const Catalog& catalog, const User* user) : catalog_(&catalog), user_(user) {}
    Principal(const Catalog& catalog, const Token* token);
    // The token with this id if it is not 0, else the user of this name. Nobody where there is none
    // or the token is not active.
    static Principal of(const Catalog& catalog, std::string_view user, std::uint64_t token);

    bool is_somebody() const { return user_ != nullptr || token_ != nullptr; }
    const User* user() const { return user_; }
    const Token* token() const { return token_; }
    // Of a token: the user who made it. Null if nobody was asked then.
    const User* owner() const { return owner_; }
    // "ann", "token:0123456789abcdef", or nothing.
    std::string name() const;

    // May do everything everywhere.
    bool is_admin() const;
    // On one policy; an empty name means the default of the database.
    bool may(Privilege wanted, std::string_view database, std::string_view policy) const;
    // On the whole database: on each of its policies.
    bool may_on_all(Privilege wanted, std::string_view database) const;
    // On one of the policies of the database, whichever.
    bool may_on_one(Privilege wanted, std::string_view database) const;
    // Something of the database, so that it may be seen in listings.
    bool may_see(std::string_view database) const;
    // On a resource of the 2.x API that is no bucket; id 0: on all of the type.
    bool may_manage(Privilege wanted, std::string_view type, std::uint64_t id = 0) const;

private:
    const Catalog* catalog_ = nullptr;
    const User* user_ = nullptr;
    const Token* token_ = nullptr;
    const User* owner_ = nullptr;
};

// How logs and listings name a token: by its id, which is no secret.
std::string token_name(std::uint64_t id);

}  // namespace sluice::meta
