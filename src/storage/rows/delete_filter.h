// A DeleteFilter says which rows of one source deletes have taken away. Tombstones are narrowed
// down to the rows of a measurement once, and to a series when its rows are looked at.
//
// A source that no tombstone can touch pays one empty() test. Filters are applied before rows of
// equal time become one: a covered row must not lend its fields to a later one.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/model/tombstone.h"

namespace sluice::storage {

// The rows that a filter is for, as far as they are known without looking at them.
struct DeleteScope {
    model::ShardGroupId group = 0;
    std::string_view measurement;  // unescaped
    model::TimeRange range;
    // Tombstones up to here have been applied to these rows.
    std::uint64_t deletes_applied = 0;
    std::uint64_t sequence_min = 0;
    std::uint64_t sequence_max = 0;
};

class DeleteFilter {
public:
    // Makes a filter that covers nothing.
    DeleteFilter() = default;
    // `tombstones` may be null.
    DeleteFilter(std::shared_ptr<const model::TombstoneMap> tombstones, const DeleteScope& scope);

    bool empty() const { return candidates_.empty(); }
    // Returns whether deleted rows can be told from others by their own sequences only.
    bool needs_sequences() const { return needs_sequences_; }
    // Returns whether every row of every series is covered.
    bool covers_everything() const { return covers_everything_; }

    // Chooses the series that the questions below are about.
    void choose(std::string_view series_key);
    bool touches(model::Timestamp first, model::Timestamp last) const;
    // Returns whether all rows between the two times are covered, whatever their sequences are.
    bool covers_all(model::Timestamp first, model::Timestamp last) const;
    bool covers(model::Timestamp time, std::uint64_t sequence) const {
        for (const Span& each : spans_) {
            if (each.range.contains(time) && sequence < each.sequence) return true;
        }
        return false;
    }
    bool touches_series() const { return !spans_.empty(); }

    // Rows of the chosen series whose time is in `range` and whose sequence is lower are gone.
    struct Span {
        model::TimeRange range;
        std::uint64_t sequence;
    };
    const std::vector<Span>& spans() const { return spans_; }

private:
    std::shared_ptr<const model::TombstoneMap> owner_;
    std::vector<const model::Tombstone*> candidates_;
    std::uint64_t sequence_max_ = 0;
    bool needs_sequences_ = false;
    bool covers_everything_ = false;
    bool looks_at_tags_ = false;
    std::vector<Span> spans_;
};

// Returns whether a tombstone may cover rows of `scope`, measurement and series left aside.
bool may_touch(const model::Tombstone& tombstone, const DeleteScope& scope);

}  // namespace sluice::storage
