// The handlers of the 2.x API, one for each kind of resource. `call` outlives the task.
#pragma once

#include <functional>

#include "server/v2/documents.h"
#include "server/v2/platform_call.h"
#include "sluice/io/task.h"

namespace sluice::server {

io::Task<void> handle_setup(PlatformCall& call);
io::Task<void> handle_organizations(PlatformCall& call);
io::Task<void> handle_buckets(PlatformCall& call);
io::Task<void> handle_authorizations(PlatformCall& call);
io::Task<void> handle_users(PlatformCall& call);
io::Task<void> handle_sessions(PlatformCall& call);
io::Task<void> handle_mappings(PlatformCall& call);
io::Task<void> handle_delete(PlatformCall& call);

// The name of the organisation, as it is shown.
std::string shown_organization(PlatformCall& call);
// Whether `org` and `orgID` of the target, or the id of a body, are the organisation; where not,
// that has been answered. Naming none is no mistake here.
bool organization_fits(PlatformCall& call, std::string_view name, std::string_view id);

// Answers with what `append` writes by Documents of the organisation.
void answer_with(PlatformCall& call, std::uint16_t status,
                 const std::function<void(Documents&)>& append);
// Answers the list `/api/v2/NAME`: a link to itself, and what `append` writes under its name.
void answer_list(PlatformCall& call, std::string_view name,
                 const std::function<void(Documents&)>& append);

// What `limit`, `offset`, `after` and `descending` choose of a list.
struct Page {
    std::size_t limit = 20;
    std::size_t offset = 0;
    std::uint64_t after = 0;
    bool descending = false;
};
// Nothing: that has been answered.
std::optional<Page> read_page(PlatformCall& call);
// "/api/v2/buckets?descending=false&limit=20&offset=0".
std::string page_link(std::string_view path, const Page& page, std::size_t offset);

// A new id or another number that nobody can guess; never 0.
std::uint64_t draw_number();
// 64 random bytes as InfluxDB writes its tokens.
std::string draw_token();

// How long the buckets of a rule keep points, in the words of the catalog.
meta::RetentionPolicySpec policy_of(std::string_view name, std::int64_t every_seconds,
                                    std::int64_t shard_group_seconds);

}  // namespace sluice::server
