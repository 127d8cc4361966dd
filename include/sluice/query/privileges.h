// The privileges that a user must hold to run a statement (influxql: RequiredPrivileges; meta:
// QueryAuthorizer).
//
// These functions are pure. The server asks who is there; a statement executor asks these, for the
// requests that it is told to. Where InfluxDB's table lets somebody read or write a database
// without a privilege on it, this one does not: privileges.cc names each place.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/user.h"

namespace sluice::query {

struct RequiredPrivilege {
    bool admin = false;
    std::string database;  // empty: the request's
    meta::Privilege privilege = meta::Privilege::kNone;
    bool operator==(const RequiredPrivilege&) const = default;
};

// Returns the privileges that a statement needs; all of them are required.
std::vector<RequiredPrivilege> required_privileges(const influxql::Statement& statement);

// `database` is the request's. kInvalid with InfluxDB's text: `ann not authorized to execute
// statement 'DROP DATABASE d', requires admin privilege`.
Result<void> may(const meta::User& user, const influxql::Statement& statement,
                 std::string_view database);

// Checks all statements of a request before the first is run. `user` is nullptr where the request
// names none. As long as there is no user at all, only the first admin can be created.
Result<void> may_all(const meta::Catalog& catalog, const meta::User* user,
                     std::span<const influxql::Statement> statements, std::string_view database);

}  // namespace sluice::query
