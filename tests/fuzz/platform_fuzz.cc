// The 2.x API: any bytes are read as a body of each kind, a predicate, a path and a cookie, or
// refused with a text; what a predicate says survives being stored, and no cookie is good that was
// not signed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "server/auth/sessions.h"
#include "server/v2/delete_predicate.h"
#include "server/v2/platform_bodies.h"
#include "server/v2/platform_routes.h"
#include "sluice/meta/bucket.h"

namespace {

using namespace sluice;
using namespace sluice::server;

template <typename T>
void check(const Result<T>& result) {
    if (!result.ok() && result.error().message.empty()) std::abort();
}

void check_bodies(std::string_view text) {
    check(read_bucket_body(text));
    check(read_token_body(text));
    check(read_setup_body(text));
    check(read_name_body(text));
    check(read_password_body(text));
    check(read_mapping_body(text));
    check(read_delete_body(text));
    check(read_query_body(text));
    const auto setup = read_setup_body(text);
    if (setup.ok() && setup->retention.every_seconds < 0) std::abort();
}

void check_predicate(std::string_view text) {
    model::Tombstone tombstone;
    const Result<void> result = read_delete_predicate(text, tombstone);
    check(result);
    if (!result.ok()) return;
    ByteWriter bytes;
    tombstone.write(bytes);
    ByteReader in(bytes.span());
    model::Tombstone again;
    if (!model::Tombstone::read(in, again) || again.text() != tombstone.text()) std::abort();
}

void check_cookie(std::string_view text) {
    static const Sessions sessions(std::string(64, 'k'));
    static const meta::Catalog catalog = [] {
        meta::Catalog made;
        auto user = std::make_shared<meta::User>();
        user->name = "ann";
        user->password_hash = "hash";
        made.users.push_back(std::move(user));
        return made;
    }();
    if (sessions.user_of(session_in(text), catalog, 1) != nullptr) std::abort();
    if (sessions.user_of(text, catalog, 1) != nullptr) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_bodies(input);
    check_predicate(input);
    check_cookie(input);
    const std::string path = "/api/v2/" + std::string(input);
    const PlatformMatch match = find_platform_route(http::Method::kGet, path);
    if (path.find(match.id) == path.npos) std::abort();
    const auto id = meta::parse_id(input);
    if (id && meta::parse_id(meta::id_text(*id)) != id) std::abort();
    return 0;
}
