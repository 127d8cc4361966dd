// The catalog's files as text and what is wrong with them, for `sluice inspect` and `sluice
// verify`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::meta {

// Takes one line, without its end.
using LineSink = std::function<void(std::string_view line)>;

// Prints what a start would make of the files in `directory`, and changes none of them: databases,
// policies, shard groups, and deletes that may still cover something. Passwords are not shown.
io::Task<Result<void>> dump_catalog(io::Reactor& reactor, std::string directory, LineSink sink);

struct CatalogCheck {
    std::uint64_t files = 0;  // of both copies
    std::uint64_t bytes = 0;
    std::uint64_t changes = 0;
    bool is_absent = false;  // there is no file of a catalog
    // Both are normal after a crash.
    bool torn_tail = false;
    bool is_uneven = false;  // the last change is in one copy only
    // One sentence each: what is lost, and which files are damaged or missing.
    std::vector<std::string> losses;
    std::vector<std::string> findings;
    std::vector<std::string> remembered;  // losses that earlier starts found
    std::vector<std::string> set_aside;   // paths
};

// Reads every byte of the catalog in `directory` and its copy; changes nothing.
io::Task<Result<CatalogCheck>> check_catalog(io::Reactor& reactor, std::string directory);

// What a start would make of the files, changing none.
struct CatalogReading {
    std::shared_ptr<const Catalog> catalog;
    bool has_losses = false;
};
io::Task<Result<CatalogReading>> read_catalog(io::Reactor& reactor, std::string directory);

}  // namespace sluice::meta
