// /api/v2/signin and /api/v2/signout: a cookie in place of a password, for browsers.
#include "server/auth/credentials.h"
#include "server/auth/sessions.h"
#include "server/http/answers.h"
#include "server/v2/handlers.h"
#include "sluice/base/units.h"
#include "sluice/io/mailbox.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

constexpr unsigned kRetryAfterS = 1;

std::string_view cookies_of(const http::Request& request) {
    for (const http::HeaderField& field : request.headers) {
        if (http::equals_ignoring_case(field.name, "Cookie")) return field.value;
    }
    return {};
}

// The name and password come by Basic; a token makes no session.
io::Task<void> sign_in(PlatformCall& call) {
    Credentials credentials;
    credentials.read({}, call.connection().request().authorization);
    if (credentials.kind() != Credentials::Kind::kPassword) {
        co_return answer_unauthorized(call.connection(), true, "");
    }
    call.connection().release_input();
    Authenticator& authenticator = call.services().authenticator;
    std::string user(credentials.user());
    std::string password(credentials.password());
    std::string host(peer_host(call.connection().peer_address()));
    io::Task<Identity> verifying =
        authenticator.identify_password(std::move(user), std::move(password), std::move(host));
    const Identity identity = co_await verifying;
    call.renew();
    if (identity.kind == Identity::Kind::kBusy) {
        co_return answer_overload(call.connection(), true, model::kServerBusy, kRetryAfterS);
    }
    const meta::User* const known = call.catalog().find_user(identity.text);
    if (identity.kind != Identity::Kind::kUser || known == nullptr) {
        co_return answer_unauthorized(call.connection(), true, "");
    }
    const std::string cookie =
        std::string(kSessionCookie) + "=" +
        authenticator.sessions().cookie_of(*known, call.now_ns() / kSecondNs, draw_number()) +
        "; Path=/api/; Max-Age=" + std::to_string(kSessionSeconds) + "; HttpOnly; SameSite=Strict" +
        (call.connection().is_secure() ? "; Secure" : "");
    http::ResponseHead head(204);
    head.add("Set-Cookie", cookie);
    call.connection().begin_answer(head, true);
    head.set_body(http::ResponseBody::kNone);
    head.append_to(call.connection().output(), call.services().stamp);
}

// A session is known by no core and good on each, so its end has to be said to all of them, one
// after the other.
io::Task<void> sign_out(PlatformCall& call) {
    const std::string session(session_in(cookies_of(call.connection().request())));
    const std::int64_t now_s = call.now_ns() / kSecondNs;
    if (call.services().authenticator.sessions().user_of(session, call.catalog(), now_s) ==
        nullptr) {
        co_return answer_unauthorized(call.connection(), true, "");
    }
    ServerShared& shared = call.services().shared;
    for (std::uint32_t number = 0; number < shared.cores.size(); ++number) {
        auto end = [&shared, number, session, now_s] {
            shared.cores[number]->authenticator.sessions().end(session, now_s);
            return true;
        };
        io::Task<bool> ending = io::call_on(number, end);
        co_await ending;
    }
    call.answer_no_content();
}

}  // namespace

io::Task<void> handle_sessions(PlatformCall& call) {
    return call.endpoint() == PlatformEndpoint::kSignIn ? sign_in(call) : sign_out(call);
}

}  // namespace sluice::server
