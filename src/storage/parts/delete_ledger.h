// A DeleteLedger keeps the deletes that a store applies, when each of them came, and whether merges
// are held while one is on its way.
//
// A tombstone covers rows with lower sequences. Whatever makes one row of several, a flush or a
// merge, must therefore know every delete whose sequence lies between theirs. That is why deletes
// take their sequence while merges are held, and why a flush or merge takes the tombstones when it
// begins and no later ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "sluice/model/tombstone.h"
#include "storage/rows/delete_filter.h"

namespace sluice::storage {

// Null: nothing is deleted. A map is never changed: those who hold one go on with what it says.
using Tombstones = std::shared_ptr<const model::TombstoneMap>;
inline std::uint64_t last_delete(const Tombstones& tombstones) {
    return tombstones == nullptr ? 0 : tombstones->last_sequence;
}

class DeleteLedger {
public:
    explicit DeleteLedger(Tombstones tombstones) : tombstones_(std::move(tombstones)) {}

    // Notes at a start that logs up to `head_id` may hold rows which the deletes cover; 0: none do.
    void begin(std::uint64_t head_id);
    // Takes the deletes that hold from now on. The logs of heads up to `head_id`, the active one,
    // may hold rows that new ones cover.
    void set(Tombstones tombstones, std::int64_t now_ns, std::uint64_t head_id);

    const Tombstones& tombstones() const { return tombstones_; }
    std::uint64_t last_sequence() const { return last_delete(tombstones_); }
    const model::TombstoneList* of_group(model::ShardGroupId group) const {
        return tombstones_ == nullptr ? nullptr : tombstones_->of_group(group);
    }
    // Returns whether all rows of the measurement that were written with `sequence` are deleted,
    // at all times and in all series.
    bool covers_all(model::ShardGroupId group, std::string_view measurement,
                    std::uint64_t sequence) const;

    // While merges are held, no flush or merge begins; those under way go on.
    bool merges_held() const { return holds_ != 0; }
    void hold_merges() { ++holds_; }
    // Returns whether that was the last hold.
    bool release_merges();

    // Returns whether a tombstone that came before `seen_before_ns` may touch rows of `scope`,
    // measurement and series left aside.
    bool has_stale_rows(const DeleteScope& scope, std::int64_t seen_before_ns) const;
    // Returns the first time after `now_ns` at which a tombstone is `after_ns` old, or `latest`.
    std::int64_t next_due_ns(std::int64_t now_ns, std::int64_t after_ns, std::int64_t latest) const;

    // Adds the sequences of the tombstones that may cover rows of `scope`; with `by_name` only
    // those that name its measurement.
    void add_touching(const DeleteScope& scope, bool by_name, std::set<std::uint64_t>& open) const;
    // Adds those that cover rows which the log of the head would bring back after a crash.
    void add_covering_log(std::uint64_t head_id, std::set<std::uint64_t>& open) const;

private:
    struct Arrival {
        std::int64_t seen_ns = 0;   // monotonic; at the start: 0
        std::uint64_t head_id = 0;  // the newest head whose log may hold rows it covers
    };

    Tombstones tombstones_;
    std::map<std::uint64_t, Arrival> arrivals_;  // by sequence
    std::uint32_t holds_ = 0;
};

}  // namespace sluice::storage
