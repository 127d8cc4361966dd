#include "server/v2/platform_call.h"

#include <utility>

#include "server/http/answers.h"
#include "server/http/small_body.h"
#include "server/services/organization.h"
#include "sluice/base/log.h"
#include "sluice/meta/bucket.h"
#include "sluice/query/hidden_directory.h"

namespace sluice::server {
namespace {

// A token with thousands of permissions is smaller.
constexpr std::size_t kBodyBytesMax = kMiB;

}  // namespace

PlatformCall::PlatformCall(Connection& connection, const PlatformMatch& match)
    : connection_(connection),
      endpoint_(match.endpoint),
      id_(match.id),
      catalog_(connection.services().core.catalog()) {}

const meta::User* PlatformCall::user() const {
    const meta::Principal who = principal();
    return who.token() != nullptr ? who.owner() : who.user();
}

void PlatformCall::answer(std::uint16_t status, const query::JsonText& document) {
    answer_document(connection_, status, "application/json; charset=utf-8", document.text());
}

void PlatformCall::answer_no_content() {
    connection_.answer_no_content();
}

// Whatever is no mistake of the client means "later", as for writes. Its message may name files, so
// the data directory is taken out of it.
void PlatformCall::answer(const Error& error) {
    switch (error.kind) {
        case ErrorKind::kInvalid:
            return refuse(400, error.message);
        case ErrorKind::kNotFound:
            return refuse(404, error.message);
        case ErrorKind::kConflict:
            return refuse(422, "conflict", error.message);
        case ErrorKind::kTooLarge:
            return refuse(422, error.message);
        case ErrorKind::kUnsupported:
            return refuse(501, error.message);
        default:
            return answer_overload(
                connection_, true,
                query::without_directory(error.message, services().config().data.dir),
                core().admission().retry_after_s());
    }
}

void PlatformCall::refuse(std::uint16_t status, std::string_view message) {
    answer_platform_error(connection_, status, message);
}

void PlatformCall::refuse(std::uint16_t status, std::string_view code, std::string_view message) {
    answer_platform_code(connection_, status, code, message);
}

// The resource in the words of InfluxDB 2, and its 401, where HTTP would rather have 403.
void PlatformCall::refuse_permission(meta::Privilege wanted, std::string_view type,
                                     std::uint64_t id) {
    std::string text = wanted == meta::Privilege::kRead ? "read:" : "write:";
    if (type != "users" && type != "orgs") text += "orgs/" + meta::id_text(kOrganizationId) + "/";
    text += type;
    if (id != 0) text += "/" + meta::id_text(id);
    refuse(401, text + " is unauthorized");
}

// Nothing comes back where an answer has been given. The text is a copy, so buffer and permit are
// free again before the catalog is changed; the catalog is renewed, because bytes were waited for.
io::Task<std::optional<std::string>> PlatformCall::read_body() {
    std::optional<std::string> text;
    if (connection_.request().framing == http::BodyFraming::kNone) co_return std::string();
    engine::Permit permit;
    BodyPool::Lease body = services().bodies.take();
    const SmallBody received =
        co_await receive_small_body(connection_, kBodyBytesMax, true, permit, *body);
    if (received == SmallBody::kSettled) co_return text;
    if (received != SmallBody::kWhole) {
        const bool too_large = received == SmallBody::kTooLarge;
        refuse(too_large ? 413 : 400,
               too_large ? "the body is too large" : "the request body cannot be read");
        co_return text;
    }
    connection_.release_input();
    text.emplace(as_text({body->data(), body->size()}));
    renew();
    co_return text;
}

std::optional<std::uint64_t> PlatformCall::read_id() {
    const auto id = meta::parse_id(id_);
    if (!id) refuse(400, "id must have a length of 16 bytes");
    return id;
}

// Every change is noted in the log with who asked for it, done or refused.
io::Task<bool> PlatformCall::change(std::string what, std::string which,
                                    meta::CatalogChange change) {
    io::Task<Result<void>> changing = core().change_catalog(std::move(change));
    const Result<void> done = co_await changing;
    renew();
    note(what, which, done);
    if (!done.ok()) answer(done.error());
    co_return done.ok();
}

void PlatformCall::note(std::string_view what, std::string_view which, const Result<void>& result) {
    const std::string user = connection_.user();
    log_info("call executed", {{"call", what},
                               {"on", which},
                               {"client", peer_host(connection_.peer_address())},
                               {"user", user},
                               {"result", result.ok() ? "done" : result.error().message}});
}

}  // namespace sluice::server
