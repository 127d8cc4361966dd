// A StatementContext is what a statement needs while it runs. It lives until the answer is written.
#pragma once

#include "query/answer/answer_writer.h"
#include "query/session/data_source.h"
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
};

}  // namespace sluice::query
