// The catalog's history on disk, kept twice: every change is written to both copies at once, and is
// durable when both have it, or when one has it and the other has been given up.
//
// No single damaged place, file or directory can then take anything. A copy that was given up is
// made anew by the next compaction, at the latest at the next start. Bytes: CATALOG_FORMAT.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "meta/log/catalog_copy.h"
#include "meta/log/catalog_recovery.h"
#include "sluice/base/aligned_buffer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"

namespace sluice::meta {

// Where the second copy of the catalog in `directory` lies.
std::string copy_directory(const std::string& directory);
// Both copies.
io::Task<std::vector<CatalogFiles>> read_catalog_copies(io::Reactor& reactor,
                                                        std::string directory);

// Of one core; one append(), compact() or end() at a time; close() before destruction.
class CatalogLog {
public:
    CatalogLog(io::Reactor& reactor, std::string directory);

    // Reads what the directories hold; called once, first. Damage is reported in the result and
    // cured by a compaction, which may fail for want of space: the catalog can be read all the
    // same.
    io::Task<Result<CatalogRecovery>> open();

    // Makes one change durable. `changes` stays alive until completion. After an error nothing is
    // known about what is on disk: the next change goes to a new generation, by compact().
    io::Task<Result<void>> append(ByteSpan changes);

    // Starts a new generation that begins with `catalog`, the result of all changes appended.
    // `catalog` stays alive until completion.
    io::Task<Result<void>> compact(const Catalog& catalog);

    // False after a failed append: compact() first.
    bool can_append() const;
    bool wants_compaction() const;
    // No copy can be written, or it is time to try whether one that was given up can be.
    bool needs_healing() const;
    std::uint64_t log_bytes() const;
    // A sentence for each copy that cannot be written.
    std::vector<std::string> troubles() const;

    // Writes losses down in both copies, so that later starts say them, too.
    io::Task<void> remember(std::vector<std::string> losses);
    // Says on disk that this is all there is. Nothing is appended afterwards.
    io::Task<void> end();
    io::Task<void> close();

private:
    // Results by copy; nothing where a copy did not take part.
    using Outcome = std::array<std::optional<Result<void>>, kCatalogCopies>;

    io::Task<void> continue_copies(const CatalogRecovery& recovery);
    io::Task<Outcome> write_to_all(ByteSpan frame);
    void give_up_failed(const Outcome& outcome);
    void note_trouble(std::size_t copy, const Error& error);
    void note_written(std::size_t copy);
    io::Task<void> prepare(std::uint64_t generation, Outcome& outcome);
    io::Task<void> write_snapshot(const Catalog& catalog, std::uint64_t generation,
                                  Outcome& outcome, std::uint64_t& bytes);
    Result<void> may_commit(const Outcome& outcome) const;
    io::Task<void> commit(Outcome& outcome);

    io::Reactor& reactor_;
    std::array<CatalogCopy, kCatalogCopies> copies_;
    std::array<std::string, kCatalogCopies> troubles_;
    std::uint64_t generation_ = 0;
    std::uint64_t last_generation_ = 0;  // ever tried
    std::uint64_t sequence_ = 0;         // of the last change appended
    std::uint64_t snapshot_bytes_ = 0;
    // When a copy that was given up is tried again, and how long after that once more.
    std::int64_t retry_at_ns_ = 0;
    std::int64_t retry_after_ns_ = 0;
};

}  // namespace sluice::meta
