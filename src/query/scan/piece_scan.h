// A PieceScan says which series of a piece are read, and which tag set each run belongs to.
//
// Runs come in the order of their keys, and so do the keys of the piece. So the place of a series
// is found by moving on from the last one, and only when a run begins a new series.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "query/scan/core_session.h"
#include "query/scan/row_condition.h"
#include "query/scan/scan_portion.h"
#include "query/scan/shared_series.h"
#include "sluice/base/check.h"

namespace sluice::query {

// Which series a job reads. Shared series are left to a second job where rows of one time must be
// merged first (kWithoutShared, then kSharedOnly); a job that merges afterwards reads kAll.
enum class SeriesChoice : std::uint8_t { kAll, kWithoutShared, kSharedOnly };

// It lives on the core of the store, as long as the reader that its spec() was given to.
class PieceScan {
public:
    // Everything outlives the scan.
    PieceScan(const SelectPlan& plan, const Piece& piece, const SharedSeries& shared,
              const ScanPortion& portion, SeriesChoice choice);

    // Returns whether nothing of the piece is wanted.
    bool empty() const { return wanted_count_ == 0; }
    // Returns what the store is asked for. `columns` are the fields in the order of the runs.
    storage::ScanSpec spec(const ScanColumns& columns) const;

    struct SeriesPlace {
        std::uint32_t tag_set;
        bool is_shared;
    };
    // Returns whether other stores have rows of the series too.
    bool is_shared(std::string_view key) const;
    // Says what a run with this key is to the scan. It is called once for each run, in the order
    // in which the store shows them, because places are only looked for ahead.
    enum class Step : std::uint8_t { kNotWanted, kNewSeries, kSameSeries };
    Step step(std::string_view key);
    // Returns the place of the series of the last run, if it was wanted.
    const SeriesPlace& place() const {
        SLUICE_CHECK(place_.has_value());
        return *place_;
    }

private:
    std::optional<SeriesPlace> place_of(std::string_view key);
    bool is_in_portion(std::uint32_t tag_set) const;
    bool nothing_chosen() const;
    bool is_chosen(bool is_shared) const;
    bool is_wanted(std::size_t index, bool& is_shared) const;

    const SelectPlan& plan_;
    const Piece& piece_;
    const SharedSeries& shared_;
    const ScanPortion& portion_;
    const SeriesChoice choice_;
    std::size_t wanted_count_ = 0;      // 1 for any number where the piece has no list
    std::size_t next_ = 0;              // of the piece's keys: none before it is wanted any more
    std::string current_;               // key of the last run
    std::optional<SeriesPlace> place_;  // of its series
};

}  // namespace sluice::query
