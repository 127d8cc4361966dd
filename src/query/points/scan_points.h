// Stored rows as points, in time order within each outer tag set: fields for a function, or the
// rows of a SELECT without one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "query/points/point_cursor.h"
#include "query/rows/answer_order.h"
#include "query/scan/series_scan.h"
#include "query/scan/time_slices.h"

namespace sluice::query {

class ScanPoints final : public PointCursor {
public:
    // Each point has the value of `driver`, which is one of the plan's fields, or no value if there
    // is no driver, and the plan's inputs as auxiliary values. The plan's dimensions are those of
    // the answer only. Its limit is taken as the number of rows of a tag set that are of use; where
    // the grouping is nested, of a series.
    ScanPoints(DataSource& source, SelectBudget& budget, SelectPlan plan,
               std::shared_ptr<Grouping> grouping, std::optional<std::uint32_t> driver);

    io::Task<Result<bool>> next(PointBlock& block) override;

private:
    struct SeriesState {
        const TagSet* tags = nullptr;
        std::uint64_t rows = 0;
    };

    io::Task<Result<void>> load();
    io::Task<Result<bool>> collect(ScanPortion portion);
    void read_rows(PointBlock& block);
    bool is_within_group(const AnswerOrder::Row& row);
    bool is_satisfied() const { return rows_max_ != 0 && rows_seen_ >= rows_max_; }
    void append(const AnswerOrder::Row& row, PointBlock& block);

    SeriesScan scan_;
    const std::optional<std::uint32_t> driver_;
    std::uint64_t rows_max_ = 0;
    std::uint64_t series_rows_max_ = 0;

    bool is_begun_ = false;
    PortionWalk walk_;
    std::unique_ptr<AnswerOrder> merger_;
    std::uint64_t chunk_bytes_ = 0;  // of its largest chunk
    SelectBudget::Share share_;      // for its rows
    // Where the reading of the merger is: the tag set at work or due, and how many are left.
    std::uint32_t next_tag_set_ = 0;
    std::uint32_t tag_sets_left_ = 0;
    bool in_tag_set_ = false;
    std::uint64_t rows_seen_ = 0;
    std::vector<std::int64_t> group_rows_;  // by stream of the merger
    const TagSet* tags_ = nullptr;
    std::unordered_map<const char*, SeriesState> series_;

    // A single tag set that does not fit into memory is read in slices of time. While that goes on,
    // walk_ stays at the tag set and the rows that were seen count on from slice to slice.
    bool in_slices_ = false;
    TimeSlices slices_;
    std::vector<Value> row_;
};

}  // namespace sluice::query
