// The facts that SHOW STATS and SHOW DIAGNOSTICS show. The server knows them, and the statements
// write them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/io/task.h"

namespace sluice::query {

using Fact = std::variant<std::uint64_t, bool, std::string>;

// One row: of a module of SHOW STATS with its tags, or of SHOW DIAGNOSTICS.
struct FactRow {
    std::string module;
    std::vector<std::pair<std::string, std::string>> tags;  // sorted by key
    std::vector<std::pair<std::string, Fact>> values;       // sorted by name
};

class ServerFacts {
public:
    virtual ~ServerFacts() = default;
    // Both return rows in the order in which they are shown.
    virtual io::Task<std::vector<FactRow>> statistics() = 0;
    virtual io::Task<std::vector<FactRow>> diagnostics() = 0;
    // Returns the bytes of the series indexes in memory.
    virtual io::Task<std::uint64_t> index_bytes() = 0;
};

}  // namespace sluice::query
