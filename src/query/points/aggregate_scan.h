// Functions whose partial states merge, computed on all cores at once. All calls of a SELECT that
// read the same rows share one scan; each takes its points from a cursor of its own.
//
// A portion is a range of outer tag sets whose states fit into memory together. How many tag sets
// that is shows only when it has been tried: PortionWalk begins with a fixed number and makes it
// smaller until the states fit. A portion of a single outer tag set that does not fit is an error.
//
// AggregatePoints gives the points of a portion in the order in which InfluxDB's iterators would:
// outer tag sets in the order of the answer; in each, windows in the order of time; in each window,
// the tag sets in order. For selectors that keep the time of their row, rows of one window go by
// that time first, and tag sets decide between equal times (the sort is stable and places_ are
// collected by tag set). A descending query reads the ascending order from its end, which also
// turns the order of the tag sets around, as in InfluxDB.
//
// Why portions can be asked for by number, and again: the calls of one SELECT are cursors of their
// own, and JoinedRows takes from whichever is nearest. One call may be many portions ahead of
// another that has no points for a while. The bounds of a portion are therefore fixed once it has
// been computed. Computed again, it has the same tag sets; points that were written meanwhile may
// be among them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "query/aggregate/aggregate_table.h"
#include "query/points/point_cursor.h"
#include "query/points/tie_breaker.h"
#include "query/scan/series_scan.h"

namespace sluice::query {

class AggregateScan {
public:
    // The plan has no calls yet. Its dimensions are all dimensions of the grouping, those of the
    // answer first, so that the tag sets of one outer tag set are numbered side by side.
    AggregateScan(DataSource& source, SelectBudget& budget, SelectPlan plan,
                  std::shared_ptr<Grouping> grouping)
        : scan_(source, budget, std::move(plan), std::move(grouping)) {}

    // Adds a call to the plan, or finds it there, and returns its number. It is called before the
    // first portion is read, because from then on all cores read the plan.
    std::uint32_t add_call(const AggregateCall& call, const std::string& field);

    struct Portion {
        explicit Portion(SelectBudget& budget) : share(budget) {}
        AggregateTable table;
        SelectBudget::Share share;
        std::uint32_t first = 0;  // outer tag sets
        std::uint32_t end = 0;
    };
    // Returns portion number `index`, in the order of the answer, or null behind the last. Cursors
    // of the calls of one SELECT read the same portions, usually at the same pace: the newest
    // portion is kept, older ones live as long as a cursor holds them, and one that is asked for
    // later is computed again.
    io::Task<Result<std::shared_ptr<Portion>>> portion(std::size_t index);

    SeriesScan& scan() { return scan_; }

private:
    // Only one of these runs at a time: cursors of one query are asked one after the other.
    io::Task<Result<bool>> compute(Portion& portion);
    bool asks_for_times() const;
    io::Task<Result<bool>> fold_duplicates(ScanPortion portion, AggregateTable& table);
    model::TimeRange end_with_window(model::TimeRange slice, model::Timestamp end) const;

    SeriesScan scan_;
    // By function and field. Statements may have tens of thousands of calls.
    std::map<std::pair<Function, std::uint32_t>, std::uint32_t> call_places_;
    bool is_begun_ = false;  // from here on the plan is fixed
    PortionWalk walk_;       // behind the last portion that has been computed
    // By number of the portion. What nobody holds any more is gone; its bounds stay.
    std::vector<std::weak_ptr<Portion>> portions_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> bounds_;
    // Held although no cursor may hold it: the next call of the SELECT will ask for it.
    std::shared_ptr<Portion> last_;
};

// The points of one call, portion by portion.
class AggregatePoints final : public PointCursor {
public:
    struct Options {
        bool keeps_time = false;  // of the row that was selected, instead of the window's
        bool is_ordered = true;   // by time within a window, whichever the tag set is
    };
    // `ties` chooses among several series that have a value at the selected time. Without it the
    // greater value is selected.
    AggregatePoints(std::shared_ptr<AggregateScan> scan, std::uint32_t call, Options options,
                    std::unique_ptr<TieBreaker> ties)
        : scan_(std::move(scan)), call_(call), options_(options), ties_(std::move(ties)) {}

    io::Task<Result<bool>> next(PointBlock& block) override;

private:
    struct Place {
        std::uint32_t tag_set;
        std::uint32_t bucket;
        model::Timestamp start;
        model::Timestamp time;
    };
    struct TiedPoint {
        std::size_t number;  // in the block
        model::Timestamp time;
    };
    void read_points(PointBlock& block);
    void begin_outer();

    const std::shared_ptr<AggregateScan> scan_;
    const std::uint32_t call_;
    const Options options_;
    const std::unique_ptr<TieBreaker> ties_;
    std::vector<TiedPoint> tied_;

    // Where the reading is: the portion, how many of its outer tag sets are left, and the next one.
    std::shared_ptr<AggregateScan::Portion> portion_;
    std::size_t next_portion_ = 0;
    std::uint32_t outers_left_ = 0;
    std::uint32_t next_outer_ = 0;
    std::vector<Place> places_;  // of the outer tag set at work
    std::size_t next_place_ = 0;
    const TagSet* tags_ = nullptr;  // of tag set tags_number_; looked up once for all its windows
    std::uint32_t tags_number_ = 0;
};

}  // namespace sluice::query
