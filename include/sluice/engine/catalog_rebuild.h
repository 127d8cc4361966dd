// What the stores of a data directory know of the catalog, all stores together: for a start that
// finds it lost, and for `sluice repair`.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/catalog_rebuild.h"
#include "sluice/meta/catalog_writer.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::engine {

struct StoresFound {
    std::vector<std::string> stores;  // their directories
    std::vector<meta::FoundGroup> groups;
    // One sentence per file, or part of one, that could not be read or contradicts another.
    std::vector<std::string> damage;
};

// Changes nothing; no store is open. A store that cannot be read at all is a sentence in `damage`.
io::Task<Result<StoresFound>> find_groups_in_stores(io::Reactor& reactor,
                                                    std::string data_directory);

// Whether the catalog may lack what stores have: its files say so, it has no group at all, or a
// store has groups with higher numbers.
io::Task<Result<bool>> may_lack_groups(io::Reactor& reactor, std::string data_directory,
                                       const meta::Catalog& catalog,
                                       const meta::CatalogDamage& damage);

// What is to be said of a rebuilding: the sum, the doubts and what did not come back.
std::vector<std::string> rebuilding_sentences(const meta::RebuildReport& report);

// Puts into the catalog what it lacks, and says so in its damage(). Nothing where it lacks nothing.
io::Task<Result<meta::RebuildReport>> rebuild_from_stores(meta::CatalogWriter& catalog,
                                                          StoresFound found);

}  // namespace sluice::engine
