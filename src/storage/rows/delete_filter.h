// Which rows of one source deletes have taken away: tombstones narrowed down to a measurement's
// rows once, to a series when its rows are looked at.
//
// Sources without a tombstone that could touch them pay one empty() test. Filters are applied
// before rows of equal time become one: a covered row must not lend its fields to a later one.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/model/tombstone.h"

namespace sluice::storage {

// Rows that a filter is for: what is known of them without looking.
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
    // Covers nothing.
    DeleteFilter() = default;
    // `tombstones` may be null.
    DeleteFilter(std::shared_ptr<const model::TombstoneMap> tombstones, const DeleteScope& scope);

    bool empty() const { return candidates_.empty(); }
    // Whether rows can be told apart only by their own sequences.
    bool needs_sequences() const { return needs_sequences_; }
    // Every row of every series is covered.
    bool covers_everything() const { return covers_everything_; }

    // Chooses the series that the questions below are about.
    void choose(std::string_view series_key);
    bool touches(model::Timestamp first, model::Timestamp last) const;
    // All rows between the two times, whatever their sequences.
    bool covers_all(model::Timestamp first, model::Timestamp last) const;
    bool covers(model::Timestamp time, std::uint64_t sequence) const {
        for (const Span& each : spans_) {
            if (each.range.contains(time) && sequence < each.sequence) return true;
        }
        return false;
    }
    bool touches_series() const { return !spans_.empty(); }

    // Rows of the chosen series in `range` with lower sequences are gone.
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

// Whether a tombstone may cover rows of `scope`, leaving measurement and series aside.
bool may_touch(const model::Tombstone& tombstone, const DeleteScope& scope);

}  // namespace sluice::storage
