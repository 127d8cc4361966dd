// The privileges that a user must hold to run a statement (influxql: RequiredPrivileges; meta:
// QueryAuthorizer).
//
// These functions are pure. The server asks who is there; a statement executor asks these, for the
// requests that it is told to. Where InfluxDB's table lets somebody read or write a database
// without a privilege on it, this one does not: privileges.cc names each place.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/influxql/ast.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/principal.h"
#include "sluice/query/query_request.h"

namespace sluice::query {

struct RequiredPrivilege {
    bool admin = false;
    std::string database;  // empty: the request's
    meta::Privilege privilege = meta::Privilege::kNone;
    // The policy that is read or written; empty: the default one. Nothing where the statement is
    // about the whole database. Users hold privileges on databases, tokens on policies.
    std::optional<std::string> policy;
    // Where no policy is named: one that a token may read is enough, because the answer shows no
    // other.
    bool any_policy = false;
    bool operator==(const RequiredPrivilege&) const = default;
};

// Returns the privileges that a statement needs; all of them are required.
std::vector<RequiredPrivilege> required_privileges(const influxql::Statement& statement);

// `defaults` are the request's. kInvalid with InfluxDB's text: `ann not authorized to execute
// statement 'DROP DATABASE d', requires admin privilege`.
Result<void> may(const meta::Principal& principal, const influxql::Statement& statement,
                 const Defaults& defaults);

// Checks all statements of a request before the first is run. `principal` is nobody where the
// request names none. As long as there is no user at all, nobody can only create the first admin.
Result<void> may_all(const meta::Catalog& catalog, const meta::Principal& principal,
                     std::span<const influxql::Statement> statements, const Defaults& defaults);

}  // namespace sluice::query
