#include "meta/log/catalog_log.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "meta/log/catalog_frame.h"
#include "meta/log/catalog_snapshot.h"
#include "sluice/base/check.h"
#include "sluice/base/log.h"
#include "sluice/base/units.h"
#include "sluice/io/reactor.h"

namespace sluice::meta {
namespace {

// Small logs are not worth a compaction; beyond that, when replay would outweigh the snapshot.
constexpr std::uint64_t kLogBytesKept = 768 * kKiB;
// A copy that cannot be written is tried again after the first, then after twice as long, and so
// on: each attempt writes the whole catalog.
constexpr std::int64_t kRetryFirstNs = 5 * kSecondNs;
constexpr std::int64_t kRetryLastNs = 640 * kSecondNs;
// Numbers left out when a copy cannot be read: it may hold generations that nobody knows of.
constexpr std::uint64_t kGenerationsLeftOut = 1000;

AlignedBuffer aligned_copy(ByteSpan bytes) {
    AlignedBuffer buffer(bytes.size());
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    return buffer;
}

AlignedBuffer frame_of(CatalogFrameKind kind, std::uint64_t generation, std::uint64_t sequence,
                       ByteSpan payload) {
    ByteWriter frame;
    append_frame(frame, kind, generation, sequence, payload);
    return aligned_copy(frame.span());
}

// The first error when nobody succeeded.
template <typename Outcome>
Result<void> result_of(const Outcome& outcome) {
    const Result<void>* failed = nullptr;
    for (const auto& each : outcome) {
        if (!each.has_value()) continue;
        if (each->ok()) return {};
        if (failed == nullptr) failed = &*each;
    }
    SLUICE_CHECK(failed != nullptr);
    return *failed;
}

template <typename Outcome>
bool is_ok(const Outcome& outcome, std::size_t copy) {
    return outcome[copy].has_value() && outcome[copy]->ok();
}

}  // namespace

std::string copy_directory(const std::string& directory) {
    return directory + "-copy";
}

io::Task<std::vector<CatalogFiles>> read_catalog_copies(io::Reactor& reactor,
                                                        std::string directory) {
    io::Task<CatalogFiles> first = read_catalog_files(reactor, directory);
    io::Task<CatalogFiles> second = read_catalog_files(reactor, copy_directory(directory));
    std::vector<CatalogFiles> copies;
    copies.push_back(co_await first);
    copies.push_back(co_await second);
    co_return copies;
}

CatalogLog::CatalogLog(io::Reactor& reactor, std::string directory)
    : reactor_(reactor),
      copies_{CatalogCopy(reactor, directory), CatalogCopy(reactor, copy_directory(directory))} {}

bool CatalogLog::can_append() const {
    return std::any_of(copies_.begin(), copies_.end(),
                       [](const CatalogCopy& copy) { return copy.can_append(); });
}

std::uint64_t CatalogLog::log_bytes() const {
    std::uint64_t bytes = 0;
    for (const CatalogCopy& copy : copies_) {
        if (copy.can_append()) bytes = std::max(bytes, copy.log_bytes());
    }
    return bytes;
}

bool CatalogLog::wants_compaction() const {
    return log_bytes() > std::max(kLogBytesKept, 4 * snapshot_bytes_);
}

bool CatalogLog::needs_healing() const {
    const bool all = std::all_of(copies_.begin(), copies_.end(),
                                 [](const CatalogCopy& copy) { return copy.can_append(); });
    return !can_append() || (!all && reactor_.monotonic_ns() >= retry_at_ns_);
}

std::vector<std::string> CatalogLog::troubles() const {
    std::vector<std::string> sentences;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (!copies_[i].can_append() && !troubles_[i].empty()) sentences.push_back(troubles_[i]);
    }
    return sentences;
}

// What was read is not written over: each copy that is not whole gets a new generation beside its
// files, and these go only when the new ones are durable.
io::Task<Result<CatalogRecovery>> CatalogLog::open() {
    const std::vector<CatalogFiles> files =
        co_await read_catalog_copies(reactor_, copies_[0].directory());
    SLUICE_CO_TRY(CatalogRecovery recovery, recover_catalog(files));
    sequence_ = recovery.sequence;
    generation_ = recovery.generation;
    bool empty = true;
    for (const CatalogFiles& each : files) {
        empty = empty && each.empty();
        last_generation_ = std::max(last_generation_, each.last_generation());
    }
    const bool anything_hidden =
        std::any_of(files.begin(), files.end(), [](const CatalogFiles& each) {
            return !each.unreadable.empty() || each.refused.has_value() || each.empty();
        });
    if (anything_hidden && !recovery.findings.empty()) last_generation_ += kGenerationsLeftOut;
    co_await continue_copies(recovery);
    const bool all = copies_[0].can_append() && copies_[1].can_append();
    if (!all || recovery.wants_compaction || wants_compaction()) {
        const Result<void> compacted = co_await compact(*recovery.catalog);
        // An empty directory that cannot be written is no catalog.
        if (!compacted.ok() && empty) co_return compacted.error();
        if (!compacted.ok()) {
            log_warn("the catalog cannot be compacted", {{"error", compacted.error().message}});
        }
    }
    co_await remember(recovery.losses);
    co_return recovery;
}

io::Task<void> CatalogLog::remember(std::vector<std::string> losses) {
    if (losses.empty()) co_return;
    std::string text;
    for (const std::string& sentence : losses) text += sentence + "\n";
    for (CatalogCopy& copy : copies_) {
        if (!copy.can_append()) continue;
        const Result<void> done = co_await copy.remember(text);
        if (!done.ok()) {
            log_warn("what the catalog lost cannot be written down",
                     {{"error", done.error().message}});
        }
    }
}

io::Task<void> CatalogLog::continue_copies(const CatalogRecovery& recovery) {
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        const CopyRecovery& found = recovery.copies[i];
        copies_[i].set_aside_later(found.damaged);
        if (!found.log_end.has_value()) continue;
        snapshot_bytes_ = std::max(snapshot_bytes_, found.snapshot_bytes);
        Result<void> done = co_await copies_[i].resume(generation_, *found.log_end);
        if (done.ok() && found.missing_change.has_value()) {
            log_info("a change of the catalog is in one copy only: it is written to the other",
                     {{"copy", copies_[i].directory()}, {"change", found.missing_change->first}});
            const AlignedBuffer frame =
                frame_of(CatalogFrameKind::kChanges, generation_, found.missing_change->first,
                         found.missing_change->second);
            done = co_await copies_[i].append(frame.span());
        }
        if (!done.ok()) troubles_[i] = done.error().message;
    }
}

io::Task<CatalogLog::Outcome> CatalogLog::write_to_all(ByteSpan frame) {
    // Both are under way before one is waited for.
    std::array<std::optional<io::Task<Result<void>>>, kCatalogCopies> writing;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (copies_[i].can_append()) writing[i].emplace(copies_[i].append(frame));
    }
    Outcome outcome;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (writing[i].has_value()) outcome[i] = co_await *writing[i];
    }
    co_return outcome;
}

// A change counts when one copy has it. A copy that failed is given up at once, because it now ends
// before the change or in the middle of it: taking more would leave a hole that a start could not
// tell from the end. It comes back with a snapshot of its own (compact()).
io::Task<Result<void>> CatalogLog::append(ByteSpan changes) {
    SLUICE_CHECK(can_append());
    const AlignedBuffer frame =
        frame_of(CatalogFrameKind::kChanges, generation_, sequence_ + 1, changes);
    const Outcome outcome = co_await write_to_all(frame.span());
    const Result<void> done = result_of(outcome);
    if (!done.ok()) co_return done;
    give_up_failed(outcome);
    ++sequence_;
    co_return Result<void>();
}

// One copy at least has what these do not have.
void CatalogLog::give_up_failed(const Outcome& outcome) {
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (is_ok(outcome, i)) continue;
        copies_[i].give_up();
        if (outcome[i].has_value()) note_trouble(i, outcome[i]->error());
    }
}

void CatalogLog::note_trouble(std::size_t copy, const Error& error) {
    retry_after_ns_ = std::clamp(2 * retry_after_ns_, kRetryFirstNs, kRetryLastNs);
    retry_at_ns_ = reactor_.monotonic_ns() + retry_after_ns_;
    if (troubles_[copy] == error.message) return;
    troubles_[copy] = error.message;
    log_error("a copy of the catalog cannot be written: the other one goes on alone",
              {{"copy", copies_[copy].directory()}, {"error", error.message}});
}

void CatalogLog::note_written(std::size_t copy) {
    if (troubles_[copy].empty()) return;
    troubles_[copy].clear();
    retry_after_ns_ = 0;
    log_info("a copy of the catalog is complete again", {{"copy", copies_[copy].directory()}});
}

// A new generation: log and snapshot are prepared in both copies, and only the rename of the
// snapshot makes it count (commit()). Until then the old generation is whole and goes on; so a
// failure at any step costs nothing but the number.
io::Task<Result<void>> CatalogLog::compact(const Catalog& catalog) {
    const std::uint64_t generation = ++last_generation_;
    Outcome outcome;
    std::uint64_t snapshot_bytes = 0;
    co_await prepare(generation, outcome);
    co_await write_snapshot(catalog, generation, outcome, snapshot_bytes);
    Result<void> done = result_of(outcome);
    if (done.ok()) done = may_commit(outcome);
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (!done.ok() || !is_ok(outcome, i)) co_await copies_[i].abandon();
    }
    if (!done.ok()) {
        // Copies that were good stay so.
        for (std::size_t i = 0; i < copies_.size(); ++i) {
            if (!is_ok(outcome, i) && !copies_[i].can_append() && can_append()) {
                note_trouble(i, outcome[i]->error());
            }
        }
        co_return done;
    }
    co_await commit(outcome);
    done = result_of(outcome);
    give_up_failed(outcome);
    if (!done.ok()) co_return done;
    generation_ = generation;
    snapshot_bytes_ = snapshot_bytes;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (!copies_[i].can_append()) continue;
        note_written(i);
        co_await copies_[i].clean_up();
    }
    co_return Result<void>();
}

// A new log and an empty snapshot in every copy.
io::Task<void> CatalogLog::prepare(std::uint64_t generation, Outcome& outcome) {
    ByteWriter copies;
    copies.write_varint(kCatalogCopies);
    const AlignedBuffer log_start =
        frame_of(CatalogFrameKind::kLogStart, generation, sequence_, copies.span());
    std::array<std::optional<io::Task<Result<void>>>, kCatalogCopies> beginning;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        beginning[i].emplace(copies_[i].begin(generation, log_start.span()));
    }
    for (std::size_t i = 0; i < copies_.size(); ++i) outcome[i] = co_await *beginning[i];
}

// In pieces, so that a large catalog neither takes its size again in memory nor holds the core.
io::Task<void> CatalogLog::write_snapshot(const Catalog& catalog, std::uint64_t generation,
                                          Outcome& outcome, std::uint64_t& bytes) {
    CatalogSnapshotEncoder encoder(catalog, generation, sequence_);
    ByteWriter piece;
    while (encoder.next(piece)) {
        const AlignedBuffer buffer = aligned_copy(piece.span());
        piece.clear();
        bytes += buffer.size();
        std::array<std::optional<io::Task<Result<void>>>, kCatalogCopies> writing;
        for (std::size_t i = 0; i < copies_.size(); ++i) {
            if (is_ok(outcome, i)) writing[i].emplace(copies_[i].write_snapshot(buffer.span()));
        }
        for (std::size_t i = 0; i < copies_.size(); ++i) {
            if (writing[i].has_value()) outcome[i] = co_await *writing[i];
        }
    }
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (is_ok(outcome, i)) outcome[i] = co_await copies_[i].end_snapshot();
    }
}

// May the copies that are prepared go on without those that are not?
Result<void> CatalogLog::may_commit(const Outcome& outcome) const {
    if (!can_append()) return {};
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (is_ok(outcome, i)) continue;
        const Error& error = outcome[i]->error();
        // A good copy is not given up for want of space, and the other one needs no new generation
        // just because this one still cannot be had.
        const bool may =
            copies_[i].can_append() ? error.kind != ErrorKind::kNoSpace : wants_compaction();
        if (!may) return error;
    }
    return {};
}

io::Task<void> CatalogLog::commit(Outcome& outcome) {
    std::array<std::optional<io::Task<Result<void>>>, kCatalogCopies> committing;
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (is_ok(outcome, i)) committing[i].emplace(copies_[i].commit());
    }
    for (std::size_t i = 0; i < copies_.size(); ++i) {
        if (committing[i].has_value()) outcome[i] = co_await *committing[i];
    }
}

// An empty last frame. With it a start knows that nothing came behind; without it, what looks like
// the end may be damage that hides changes.
io::Task<void> CatalogLog::end() {
    if (!can_append()) co_return;
    const AlignedBuffer frame = frame_of(CatalogFrameKind::kLogEnd, generation_, sequence_, {});
    const Outcome outcome = co_await write_to_all(frame.span());
    for (const auto& each : outcome) {
        if (each.has_value() && !each->ok()) {
            log_warn("the end of the catalog cannot be marked", {{"error", each->error().message}});
        }
    }
    for (CatalogCopy& copy : copies_) copy.give_up();
}

io::Task<void> CatalogLog::close() {
    for (CatalogCopy& copy : copies_) co_await copy.close();
}

}  // namespace sluice::meta
