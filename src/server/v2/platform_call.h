// A PlatformCall is one request of the 2.x API while it is served: who asks, for what, and the ways
// to answer.
//
// It lives in the frame of the coroutine that serves the request. The catalog is that of its
// beginning; after a change, or any other wait, renew() takes the present one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/connection.h"
#include "server/v2/platform_routes.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/principal.h"
#include "sluice/query/json_text.h"

namespace sluice::server {

class PlatformCall {
public:
    PlatformCall(Connection& connection, const PlatformMatch& match);
    PlatformCall(const PlatformCall&) = delete;
    PlatformCall& operator=(const PlatformCall&) = delete;

    Connection& connection() { return connection_; }
    CoreServices& services() { return connection_.services(); }
    engine::Core& core() { return services().core; }
    PlatformEndpoint endpoint() const { return endpoint_; }
    http::Method method() const { return connection_.request().method; }
    std::string_view parameter(std::string_view name) const {
        return connection_.parameters().get(name);
    }
    // The id in the path, as it came.
    const std::string& id() const { return id_; }
    std::int64_t now_ns() { return services().reactor.wall_ns(); }

    const meta::Catalog& catalog() const { return *catalog_; }
    void renew() { catalog_ = services_of(connection_).core.catalog(); }

    // ---- who asks ----

    // Where nobody is asked, everybody may do everything.
    bool is_open() const { return !services_of(connection_).config().http.auth_enabled; }
    meta::Principal principal() const { return connection_.principal(*catalog_); }
    bool is_admin() const { return is_open() || principal().is_admin(); }
    bool may(meta::Privilege wanted, std::string_view database, std::string_view policy) const {
        return is_open() || principal().may(wanted, database, policy);
    }
    bool may_manage(meta::Privilege wanted, std::string_view type, std::uint64_t id = 0) const {
        return is_open() || principal().may_manage(wanted, type, id);
    }
    // The user who asks, or who made the token that asks. Null: nobody.
    const meta::User* user() const;

    // ---- answers ----

    void answer(std::uint16_t status, const query::JsonText& document);
    void answer_no_content();
    // A failure of the catalog or the engine, in the words and the status of 2.x.
    void answer(const Error& error);
    void refuse(std::uint16_t status, std::string_view message);
    void refuse(std::uint16_t status, std::string_view code, std::string_view message);
    // 401, as 2.x says that somebody who is known may not do this: "write:orgs/ID/buckets".
    void refuse_permission(meta::Privilege wanted, std::string_view type, std::uint64_t id = 0);

    // The body; nothing where an error has been answered or the client is gone.
    io::Task<std::optional<std::string>> read_body();
    // What the body says, as `read` of platform_bodies.h understands it; likewise.
    template <typename Body>
    io::Task<std::optional<Body>> read_body(Result<Body> (*read)(std::string_view)) {
        std::optional<Body> body;
        const std::optional<std::string> text = co_await read_body();
        if (!text) co_return body;
        Result<Body> understood = read(*text);
        if (understood.ok()) {
            body.emplace(std::move(understood).value());
        } else {
            answer(understood.error());
        }
        co_return body;
    }
    // The id in the path as a number; nothing where it is none, which has been answered.
    std::optional<std::uint64_t> read_id();

    // Makes one change of the catalog and writes its line in the log: `what` was done to `which`.
    // False where the error has been answered.
    io::Task<bool> change(std::string what, std::string which, meta::CatalogChange change);
    // The line alone.
    void note(std::string_view what, std::string_view which, const Result<void>& result);

private:
    static CoreServices& services_of(Connection& connection) { return connection.services(); }

    Connection& connection_;
    const PlatformEndpoint endpoint_;
    const std::string id_;
    std::shared_ptr<const meta::Catalog> catalog_;
};

}  // namespace sluice::server
