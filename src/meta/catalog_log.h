// The catalog's files: a snapshot and a log of the changes since, both numbered by a generation.
//
// A compaction starts the next generation: new log, new snapshot under a temporary name, rename.
// The rename is the moment at which history goes on in the new log. One older generation is kept
// for the case that the newest snapshot is damaged. Bytes: CATALOG_FORMAT.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "meta/catalog_recovery.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"

namespace sluice::meta {

// All of them in `directory`.
io::Task<Result<CatalogFiles>> read_catalog_files(io::Reactor& reactor, std::string directory);

// Of one core; one append() or compact() at a time; close() before destruction.
class CatalogLog {
public:
    CatalogLog(io::Reactor& reactor, std::string directory);

    // Reads what `directory` holds; called once, first. Damage is reported in the result and cured
    // by a compaction, which may fail for want of space: the catalog can be read all the same.
    io::Task<Result<CatalogRecovery>> open();

    // Makes one change durable. `changes` stays alive until completion. After an error nothing is
    // known about what is on disk: the next change goes to a new generation, by compact().
    io::Task<Result<void>> append(ByteSpan changes);

    // Starts a new generation that begins with `catalog`, the result of all changes appended.
    // `catalog` stays alive until completion.
    io::Task<Result<void>> compact(const Catalog& catalog);

    // False after a failed append: compact() first.
    bool can_append() const { return writable_; }
    bool wants_compaction() const;
    std::uint64_t log_bytes() const { return end_; }

    io::Task<void> close();

private:
    io::Task<Result<io::File>> make_log(std::uint64_t generation);
    io::Task<Result<void>> write_snapshot(const Catalog& catalog, std::uint64_t generation,
                                          std::string path);
    io::Task<void> remove_old_files();
    std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

    io::Reactor& reactor_;
    std::string directory_;
    io::File log_;
    bool writable_ = false;
    std::uint64_t generation_ = 0;       // of log_
    std::uint64_t last_generation_ = 0;  // ever tried
    std::uint64_t sequence_ = 0;         // of the last change appended
    std::uint64_t end_ = 0;              // where the next frame goes
    std::uint64_t snapshot_bytes_ = 0;
};

}  // namespace sluice::meta
