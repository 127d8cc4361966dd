#include "server/auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "server/auth/json_web_token.h"
#include "sluice/base/check.h"
#include "sluice/base/units.h"
#include "sluice/engine/core.h"
#include "sluice/io/aside.h"
#include "sluice/io/event.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/password.h"
#include "sluice/meta/principal.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

constexpr std::string_view kNoCredentials = "unable to parse authentication credentials";
constexpr std::string_view kNotAuthorized = "authorization failed";

// What a password costs is what makes guessing hopeless, so it is the one thing here that must not
// be done on a core.
// Some twenty passwords a second for each core: enough for a fleet that comes back, and guessing
// takes no more than one thread beside each core, at a lower priority than the cores have.
constexpr unsigned kAtWorkMax = 1;
static_assert(kAtWorkMax < io::kAsideMax, "CREATE USER and others need a turn, too");

// Nobody's: an unknown name takes as long as a known one.
constexpr std::string_view kHashOfNobody =
    "$2b$10$abcdefghijklmnopqrstuuZ6JiOttdBqLnIy33laMgP8FSK9ue5jC";

// The texts are those of InfluxDB's services/httpd/handler.go: authenticate().
Identity refused(std::string_view why) {
    return {Identity::Kind::kRefused, std::string(why)};
}

// Of one who has shown a good token or certificate.
Identity identity_of(const meta::Catalog& catalog, const std::string& name) {
    if (catalog.find_user(name) == nullptr) return refused(model::user_not_found().message);
    return {Identity::Kind::kUser, name};
}

Identity nobody() {
    return {Identity::Kind::kNobody, {}};
}

bool has_admin(const meta::Catalog& catalog) {
    return std::ranges::any_of(catalog.users, [](const auto& user) { return user->is_admin; });
}

}  // namespace

class Authenticator::Waiter final : public FairQueue::Entry {
public:
    io::Event turn;
};

// The token of the catalog that the credentials show, wherever they do.
const meta::Token* Authenticator::shown_token(const meta::Catalog& catalog) const {
    if (catalog.tokens.empty() || credentials_.kind() == Credentials::Kind::kNone) return nullptr;
    const bool is_password = credentials_.kind() == Credentials::Kind::kPassword;
    return catalog.find_token_of_code(
        meta::token_code_of(is_password ? credentials_.password() : credentials_.token()));
}

// Never waits. The order is: a password that was verified before, tokens of the catalog, then what
// the kind of the credentials says. An identity without a kind means that bcrypt has to decide
// (identify_aside), with the credentials kept in `credentials_` until then: nothing else runs on
// this core between the two calls.
Identity Authenticator::identify(const http::Parameters& parameters, std::string_view authorization,
                                 std::string_view cookies, const std::string& certificate_user) {
    const meta::Catalog& catalog = *core_.catalog();
    const bool asks = has_admin(catalog);
    // As long as there is neither an admin nor a token there is nobody to be (InfluxDB: "create
    // admin user first").
    if (!asks && catalog.tokens.empty()) return nobody();
    credentials_.read(parameters, authorization);
    const meta::User* user = nullptr;
    if (asks && credentials_.kind() == Credentials::Kind::kPassword) {
        user = catalog.find_user(credentials_.user());
        if (user != nullptr && verified_.contains(code_of(credentials_, *user))) {
            return {Identity::Kind::kUser, user->name};
        }
    }
    if (const meta::Token* const token = shown_token(catalog)) {
        if (!token->is_active) return refused(kNotAuthorized);
        return {Identity::Kind::kToken, meta::token_name(token->id), token->id};
    }
    if (!asks) return nobody();
    switch (credentials_.kind()) {
        case Credentials::Kind::kNone:
            if (session_in(cookies).empty() && !certificate_user.empty()) {
                return identity_of(catalog, certificate_user);
            }
            return identify_by_session(catalog, cookies);
        case Credentials::Kind::kToken:
            if (credentials_.may_be_web_token()) return identify_by_web_token(catalog);
            // 1.x knows no such credentials.
            return refused(catalog.tokens.empty() ? kNoCredentials : kNotAuthorized);
        case Credentials::Kind::kPassword:
            break;
    }
    if (credentials_.user().empty()) return refused("username required");
    return {};
}

// The cookie carries its own proof, so a session needs no memory and is good on every core.
Identity Authenticator::identify_by_session(const meta::Catalog& catalog,
                                            std::string_view cookies) const {
    const std::string_view session = session_in(cookies);
    if (session.empty()) return refused(kNoCredentials);
    const std::int64_t now_s = core_.reactor().wall_ns() / kSecondNs;
    const meta::User* const user = sessions_.user_of(session, catalog, now_s);
    if (user == nullptr) return refused(kNotAuthorized);
    return {Identity::Kind::kUser, user->name};
}

// The signature is computed once for each token and then remembered by a keyed code of it. Whether
// the user is still there is asked of the catalog every time.
Identity Authenticator::identify_by_web_token(const meta::Catalog& catalog) {
    if (config_.shared_secret.text.empty()) return refused("bearer auth disabled");
    const std::int64_t now_s = core_.reactor().wall_ns() / kSecondNs;
    const KeyedHash::Code code = hash_.of(credentials_.token(), {}, {});
    if (const std::string* const name = tokens_.user_of(code, now_s)) {
        return identity_of(catalog, *name);
    }
    const Result<TokenClaims> claims =
        verify_token(credentials_.token(), config_.shared_secret.text, now_s);
    if (!claims.ok()) return refused(claims.error().message);
    tokens_.insert(code, *claims);
    return identity_of(catalog, claims->user);
}

io::Task<Identity> Authenticator::identify_password(std::string user, std::string password,
                                                    std::string host) {
    credentials_.set(user, password);
    return identify_aside(std::move(host));
}

// Takes the credentials before the first wait: another request may identify itself meanwhile and
// would find them in `credentials_`.
io::Task<Identity> Authenticator::identify_aside(std::string host) {
    const Credentials credentials = std::exchange(credentials_, {});
    const bool has_turn = co_await wait_for_turn(queue_client(host));
    if (!has_turn) co_return Identity{Identity::Kind::kBusy, {}};
    io::Task<Identity> verifying = verify(credentials);
    Identity identity = co_await verifying;
    end_turn();
    co_return identity;
}

// Waits its turn among those of other addresses. The queue is bounded: where it is full, the newest
// of the address that has the most there is refused, which may be this one.
io::Task<bool> Authenticator::wait_for_turn(std::string client) {
    if (at_work_ < kAtWorkMax) {
        ++at_work_;
        co_return true;
    }
    Waiter waiter;
    FairQueue::Entry* const refused = waiting_.push(client, waiter);
    if (refused == &waiter) co_return false;
    if (refused != nullptr) static_cast<Waiter*>(refused)->turn.notify_all();
    co_await waiter.turn.wait();
    co_return !waiter.refused;
}

// The turn goes from hand to hand as long as somebody waits.
void Authenticator::end_turn() {
    FairQueue::Entry* const next = waiting_.pop();
    SLUICE_CHECK(at_work_ > 0 && at_work_ <= kAtWorkMax);
    if (next == nullptr) {
        --at_work_;
    } else {
        static_cast<Waiter*>(next)->turn.notify_all();
    }
}

io::Task<Identity> Authenticator::verify(const Credentials& credentials) {
    // A server that stops has no time for those who wait.
    if (core_.reactor().stopping()) co_return Identity{Identity::Kind::kBusy, {}};
    auto catalog = core_.catalog();
    const meta::User* user = catalog->find_user(credentials.user());
    // Others with the same password may have been before.
    if (user != nullptr && verified_.contains(code_of(credentials, *user))) {
        co_return Identity{Identity::Kind::kUser, user->name};
    }
    const std::string hash(user != nullptr ? user->password_hash : kHashOfNobody);
    const std::string password(credentials.password());
    io::Task<bool> comparing =
        io::run_aside([&hash, &password] { return meta::password_matches(hash, password); });
    const bool matches = co_await comparing;
    // The catalog may have changed during the wait. A password that was changed meanwhile must not
    // be remembered as good, so the hash has to be the one that was compared.
    catalog = core_.catalog();
    user = catalog->find_user(credentials.user());
    if (!matches || user == nullptr || user->password_hash != hash) {
        co_return refused(kNotAuthorized);
    }
    verified_.insert(code_of(credentials, *user));
    co_return Identity{Identity::Kind::kUser, user->name};
}

}  // namespace sluice::server
