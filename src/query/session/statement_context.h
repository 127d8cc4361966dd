// A StatementContext is what a statement needs while it runs. It lives until the answer is written.
#pragma once

#include "query/answer/answer_writer.h"
#include "query/session/data_source.h"
#include "sluice/meta/principal.h"
#include "sluice/query/query_registry.h"
#include "sluice/query/query_request.h"
#include "sluice/query/server_facts.h"

namespace sluice::query {

struct StatementContext {
    DataSource& source;
    const QueryLimits& limits;
    AnswerWriter& writer;
    const Defaults& defaults;
    RunningQuery& query;
    QueryRegistry& registry;
    ServerFacts* facts;  // may be null
    const QueryRequest& request;
};

// Whether who asks may see what there is in a database, for listings that show it to those alone.
inline bool may_see(const StatementContext& context, const meta::Catalog& catalog,
                    std::string_view database) {
    if (!context.request.authorize) return true;
    return meta::Principal::of(catalog, context.request.user, context.request.token)
        .may_see(database);
}

// Whether who asks may read a policy: a token may hold a permission for one of several.
inline bool may_read(const StatementContext& context, const meta::Catalog& catalog,
                     std::string_view database, std::string_view policy) {
    if (!context.request.authorize) return true;
    return meta::Principal::of(catalog, context.request.user, context.request.token)
        .may(meta::Privilege::kRead, database, policy);
}

}  // namespace sluice::query
