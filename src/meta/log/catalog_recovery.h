// From the bytes of the catalog's files to the catalog. Pure: the caller reads the files.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "meta/draft/catalog_format.h"
#include "meta/log/catalog_files.h"
#include "sluice/base/result.h"
#include "sluice/meta/catalog.h"

namespace sluice::meta {

// What one directory is good for.
struct CopyRecovery {
    // Where its log of the newest generation goes on. Only when that log can be continued.
    std::optional<std::uint64_t> log_end;
    std::uint64_t snapshot_bytes = 0;
    // A change at the end that only another copy has: a crash came between the two writes.
    std::optional<std::pair<std::uint64_t, std::vector<std::byte>>> missing_change;
    std::vector<std::string> damaged;  // names of files to be set aside
};

struct CatalogRecovery {
    std::shared_ptr<const Catalog> catalog;
    std::uint64_t sequence = 0;  // of the last change in it
    // In which history goes on; 0: there are no files, or nothing is left of them.
    std::uint64_t generation = 0;
    std::array<CopyRecovery, kCatalogCopies> copies;
    bool torn_tail = false;  // normal after a crash
    // A new generation is to be written: something is damaged, or a copy is missing.
    bool wants_compaction = false;

    // One sentence each. What is damaged or missing, whether or not another copy makes up for it,
    // and what cannot be had back: "catalog changes 17 to 19 are lost".
    std::vector<std::string> findings;
    std::vector<std::string> losses;
    std::vector<std::string> remembered;   // losses that earlier starts found
    std::uint64_t changes_lost = 0;        // acknowledged and not readable, as far as known
    std::uint64_t operations_skipped = 0;  // did not fit for want of lost ones
    // There was a catalog, and nothing at all is left of it.
    bool lost_everything = false;
};

// One or two copies. Damage is no error: it is in the result. kUnsupported: written by a later
// version of this program. Any other error: what is missing may be had by reading again, and why
// that was not possible.
Result<CatalogRecovery> recover_catalog(std::span<const CatalogFiles> copies);

}  // namespace sluice::meta
