// From the bytes of the catalog's files to the catalog. Pure: the caller reads the files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/meta/catalog.h"

namespace sluice::meta {

// "catalog-0000000007.snapshot" and "catalog-0000000007.log".
std::string snapshot_file_name(std::uint64_t generation);
std::string log_file_name(std::uint64_t generation);

struct CatalogFileName {
    bool is_log = false;
    std::uint64_t generation = 0;
};
// Nothing for other files, those of unfinished work among them.
std::optional<CatalogFileName> parse_file_name(std::string_view name);

// By generation.
struct CatalogFiles {
    std::map<std::uint64_t, std::vector<std::byte>> snapshots;
    std::map<std::uint64_t, std::vector<std::byte>> logs;

    bool empty() const { return snapshots.empty() && logs.empty(); }
    std::uint64_t last_generation() const;
};

struct CatalogRecovery {
    std::shared_ptr<const Catalog> catalog;
    std::uint64_t sequence = 0;  // of the last change in it
    // The snapshot it was built from; 0: the files were empty.
    std::uint64_t generation = 0;
    // Where the log of the newest generation goes on. Only when that log can be continued.
    std::optional<std::uint64_t> log_end;
    bool torn_tail = false;  // normal after a crash
    std::uint64_t snapshots_damaged = 0;
    std::uint64_t changes_lost = 0;        // acknowledged and not readable
    std::uint64_t operations_skipped = 0;  // did not fit for want of lost ones
};

// kCorrupt: no snapshot is intact. kUnsupported: written by a later version of this program.
Result<CatalogRecovery> recover_catalog(const CatalogFiles& files);

}  // namespace sluice::meta
