// These are the parser's rules for users, privileges and KILL QUERY.
#include "influxql/statement_parser.h"

namespace sluice::influxql {

// From here to the end of the statement no error shows what it has found: it may be the password,
// also where the words before it are misspelt.
Result<Statement> StatementParser::parse_create_user() {
    CreateUserStatement create;
    SLUICE_TRY(create.name, parse_identifier());
    tokens_.set_secret(true);
    SLUICE_TRY_VOID(tokens_.expect(Token::kWith));
    SLUICE_TRY_VOID(tokens_.expect(Token::kPassword));
    SLUICE_TRY(create.password, parse_text());
    if (tokens_.accept(Token::kWith)) {
        SLUICE_TRY_VOID(tokens_.expect(Token::kAll));
        SLUICE_TRY_VOID(tokens_.expect(Token::kPrivileges));
        create.is_admin = true;
    }
    return Statement(std::move(create));
}

Result<Statement> StatementParser::parse_set_password() {
    SetPasswordStatement set;
    SLUICE_TRY(set.user, parse_identifier());
    tokens_.set_secret(true);
    SLUICE_TRY_VOID(tokens_.expect(Token::kEq));
    SLUICE_TRY(set.password, parse_text());
    return Statement(std::move(set));
}

// PRIVILEGES may be left out behind ALL.
Result<Privilege> StatementParser::parse_privilege() {
    const Lexeme found = tokens_.next_word();
    switch (found.token) {
        case Token::kRead:
            return Privilege::kRead;
        case Token::kWrite:
            return Privilege::kWrite;
        case Token::kAll:
            tokens_.accept(Token::kPrivileges);
            return Privilege::kAll;
        default:
            return unexpected(found, {"READ", "WRITE", "ALL [PRIVILEGES]"});
    }
}

Result<Statement> StatementParser::parse_grant() {
    GrantStatement grant;
    SLUICE_TRY(grant.privilege, parse_privilege());
    const Lexeme next = tokens_.next_word();
    const bool all = grant.privilege == Privilege::kAll;
    if (next.token == Token::kOn) {
        SLUICE_TRY(grant.database, parse_identifier());
        SLUICE_TRY_VOID(tokens_.expect(Token::kTo));
    } else if (next.token != Token::kTo || !all) {
        // Only ALL can be granted without a database: it makes an admin.
        return all ? unexpected(next, {"ON", "TO"}) : unexpected(next, {"ON"});
    }
    SLUICE_TRY(grant.user, parse_identifier());
    return Statement(std::move(grant));
}

Result<Statement> StatementParser::parse_revoke() {
    RevokeStatement revoke;
    SLUICE_TRY(revoke.privilege, parse_privilege());
    const Lexeme next = tokens_.next_word();
    const bool all = revoke.privilege == Privilege::kAll;
    if (next.token == Token::kOn) {
        SLUICE_TRY(revoke.database, parse_identifier());
        SLUICE_TRY_VOID(tokens_.expect(Token::kFrom));
    } else if (next.token != Token::kFrom || !all) {
        return all ? unexpected(next, {"ON", "FROM"}) : unexpected(next, {"ON"});
    }
    SLUICE_TRY(revoke.user, parse_identifier());
    return Statement(std::move(revoke));
}

Result<Statement> StatementParser::parse_kill_query() {
    KillQueryStatement kill;
    SLUICE_TRY(kill.id, parse_id());
    if (tokens_.accept(Token::kOn)) {
        SLUICE_TRY(kill.host, parse_identifier());
    }
    return Statement(std::move(kill));
}

}  // namespace sluice::influxql
