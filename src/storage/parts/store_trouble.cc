#include "storage/parts/store_trouble.h"

#include <algorithm>

#include "sluice/base/hash.h"
#include "sluice/base/log.h"

namespace sluice::storage {
namespace {

// Beyond these, places of damage in segments are in the log only; beyond those, in neither.
constexpr std::size_t kDamagedPlacesNamed = 32;
constexpr std::size_t kDamagedPlacesMax = 10'000;
static_assert(kDamagedPlacesNamed <= kDamagedPlacesMax);

}  // namespace

// In the order in which one hides the others: a store that stops is no longer asked about its disk,
// and without a manifest it does not matter whether the log could be written.
std::optional<Error> StoreTrouble::refusal() const {
    if (life_.stopping) return Error{ErrorKind::kCancelled, "the store is stopping"};
    // Nothing may be logged under an incarnation that the next start could use again.
    if (!manifest_.is_durable()) {
        SLUICE_CHECK(manifest_.trouble().has_value());
        return *manifest_.trouble();
    }
    if (no_space_) return Error{ErrorKind::kNoSpace, "too little free space on the device"};
    if (read_only_) {
        return wal_.last_failure ? *wal_.last_failure
                                 : Error{ErrorKind::kIo, "the write-ahead log cannot be written"};
    }
    return std::nullopt;
}

// The message names file and place, so its hash tells places apart; the texts themselves would take
// memory without a bound on a device that gives nothing back.
void StoreTrouble::note_damaged_place(const std::string& path, const Error& error) {
    const std::uint64_t place = hash_bytes(error.message);
    if (damaged_places_.size() >= kDamagedPlacesMax) return;
    if (!damaged_places_.insert(place).second) return;
    log_error("segment damaged", {{"file", path}, {"error", error.message}});
    if (damaged_places_.size() > kDamagedPlacesNamed) return;
    const bool is_corrupt = error.kind == ErrorKind::kCorrupt;
    add_damage((is_corrupt ? "damaged segment: " : "unreadable segment: ") + error.message);
}

void StoreTrouble::note_flush_failed(Error error) {
    if (!flush_ && !life_.stopping) {
        log_error("flush failed; it is tried again", {{"error", error.message}});
    }
    flush_ = std::move(error);
    life_.changed.notify_all();
}

void StoreTrouble::note_compaction_failed(Error error) {
    if (!compaction_ && !life_.stopping) {
        log_error("compaction failed; it is tried again", {{"error", error.message}});
    }
    compaction_ = std::move(error);
    life_.changed.notify_all();
}

StoreHealth StoreTrouble::health() const {
    StoreHealth health;
    const auto add = [&](StoreState state, const std::string& text) {
        health.state = std::max(health.state, state);
        if (!health.text.empty()) health.text += "; ";
        health.text += text;
    };
    if (no_space_) add(StoreState::kReadOnly, "too little free space on the device");
    if (read_only_) {
        add(StoreState::kReadOnly,
            "the log cannot be written: " + (wal_.last_failure ? wal_.last_failure->message : ""));
    }
    if (files_.trouble() && files_.spare_count() == 0) {
        add(StoreState::kReadOnly, "no room for the log: " + files_.trouble()->message);
    }
    if (manifest_.trouble()) {
        add(manifest_.is_durable() ? StoreState::kDegraded : StoreState::kReadOnly,
            "the manifest waits: " + manifest_.trouble()->message);
    }
    if (flush_) add(StoreState::kDegraded, "flush waits: " + flush_->message);
    if (compaction_) add(StoreState::kDegraded, "compaction waits: " + compaction_->message);
    for (const std::string& each : damage_) add(StoreState::kDegraded, each);
    if (damaged_places_.size() > kDamagedPlacesNamed) {
        add(StoreState::kDegraded, std::to_string(damaged_places_.size() - kDamagedPlacesNamed) +
                                       " more damaged places in segments, which the log names");
    }
    return health;
}

}  // namespace sluice::storage
