// The Authenticator of a core says who sent a request (InfluxDB: services/httpd/handler.go,
// authenticate).
//
// What costs microseconds is answered at once: nobody is asked, there are no credentials, a token,
// a password that was verified before. For the rest bcrypt is asked, tens of milliseconds beside
// the cores: by a few at a time, in turns by client address, and with a bound behind which the
// answer is "busy". So a guesser is slowed down to a share of that, and waits for itself.
//
// A password that was changed, and a user who was dropped, count at the next request: what is
// remembered holds only together with what the catalog says now.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/auth/credentials.h"
#include "server/auth/fair_queue.h"
#include "server/auth/keyed_hash.h"
#include "server/auth/sessions.h"
#include "server/auth/verified_passwords.h"
#include "server/auth/verified_tokens.h"
#include "server/config/config.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"

namespace sluice::engine {
class Core;
}

namespace sluice::server {

struct Identity {
    enum class Kind : std::uint8_t {
        kNobody,   // there is no admin yet, so nobody was asked
        kUser,     // `text` is the name
        kToken,    // `text` is its name, too
        kRefused,  // 401, and `text` says why
        kBusy,     // 503: too many passwords wait to be verified
        kUnknown,  // identify_aside() finds out
    };
    Kind kind = Kind::kUnknown;
    std::string text;
    std::uint64_t token = 0;  // its id, after kToken
};

class Authenticator {
public:
    // Both outlive it.
    Authenticator(engine::Core& core, const Config::Http& config, std::string session_key)
        : core_(core), config_(config), sessions_(std::move(session_key)) {}

    // `parameters` are those of the target, `authorization` is the header's. Where there are no
    // such credentials, `cookies` count, which are those of a request that may come by a session,
    // and then `certificate_user`. Both may be empty.
    Identity identify(const http::Parameters& parameters, std::string_view authorization,
                      std::string_view cookies, const std::string& certificate_user);
    // After kUnknown, before anything else is awaited: for the credentials that were looked at
    // last. `host` is the client's address. Never yields kUnknown.
    io::Task<Identity> identify_aside(std::string host);

    // Whether a name and a password belong together; what identify_aside() would find out, and with
    // its turns. For the request that makes a session.
    io::Task<Identity> identify_password(std::string user, std::string password, std::string host);
    Sessions& sessions() { return sessions_; }

private:
    class Waiter;

    const meta::Token* shown_token(const meta::Catalog& catalog) const;
    Identity identify_by_session(const meta::Catalog& catalog, std::string_view cookies) const;
    Identity identify_by_web_token(const meta::Catalog& catalog);
    KeyedHash::Code code_of(const Credentials& credentials, const meta::User& user) {
        return hash_.of(credentials.user(), credentials.password(), user.password_hash);
    }
    io::Task<bool> wait_for_turn(std::string client);
    void end_turn();
    io::Task<Identity> verify(const Credentials& credentials);

    engine::Core& core_;
    const Config::Http& config_;
    Credentials credentials_;
    KeyedHash hash_;
    VerifiedPasswords verified_;
    VerifiedTokens tokens_;
    Sessions sessions_;

    // 256 of one client: a fleet behind one address logs in within seconds. 4096 in all take no
    // more than their connections do.
    FairQueue waiting_{4096, 256};
    unsigned at_work_ = 0;
};

}  // namespace sluice::server
