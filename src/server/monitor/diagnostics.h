// Diagnostics are the facts that SHOW STATS and SHOW DIAGNOSTICS ask the server for.
#pragma once

#include <vector>

#include "server/services/core_services.h"
#include "sluice/query/server_facts.h"

namespace sluice::server {

// The object belongs to one core, and reports about all.
class Diagnostics final : public query::ServerFacts {
public:
    // `services` outlives it.
    explicit Diagnostics(CoreServices& services) : services_(services) {}

    io::Task<std::vector<query::FactRow>> statistics() override;
    io::Task<std::vector<query::FactRow>> diagnostics() override;
    io::Task<std::uint64_t> index_bytes() override;

private:
    CoreServices& services_;
};

}  // namespace sluice::server
