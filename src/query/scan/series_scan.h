// What every scan of stored series begins with: the series are listed on all cores, put into tag
// sets and numbered; then tag sets are read in portions that fit into memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/scan/core_session.h"
#include "query/scan/scan_portion.h"
#include "query/scan/select_budget.h"
#include "query/scan/select_plan.h"
#include "query/scan/tag_set.h"
#include "query/session/data_source.h"

namespace sluice::query {

// Which outer tag sets are read together. Counts in the order of the answer.
class PortionWalk {
public:
    PortionWalk() = default;
    PortionWalk(std::uint32_t total, bool ascending);

    bool at_end() const { return done_ == total_; }
    // The numbers of the portion that is due; ascending whatever the order of the answer is.
    std::uint32_t first() const { return ascending_ ? done_ : total_ - done_ - count(); }
    std::uint32_t end() const { return first() + count(); }
    // The portion has been read and took `bytes` of the `bytes_max` there are. One that leaves room
    // makes the next one larger, so that a few tag sets with many rows do not make portions of one
    // tag set of all that follow.
    void advance(std::uint64_t bytes, std::uint64_t bytes_max);
    // The portion does not fit into memory. False: it cannot get smaller.
    bool shrink();

private:
    std::uint32_t count() const { return batch_ < total_ - done_ ? batch_ : total_ - done_; }

    std::uint32_t total_ = 0;
    std::uint32_t done_ = 0;
    std::uint32_t batch_ = 0;
    bool ascending_ = true;
};

class SeriesScan {
public:
    // `source` and `budget` outlive the scan. The plan's dimensions are those of the answer, then
    // the other ones of `grouping`, as far as the scan tells them apart.
    SeriesScan(DataSource& source, SelectBudget& budget, SelectPlan plan,
               std::shared_ptr<Grouping> grouping);

    // Lists, filters and groups. To be called before anything else; more than once does nothing.
    io::Task<Result<void>> prepare();

    const SelectPlan& plan() const { return plan_; }
    SelectPlan& plan() { return plan_; }
    Grouping& grouping() const { return *grouping_; }
    DataSource& source() const { return source_; }
    std::vector<CoreSession>& sessions() { return sessions_; }
    const SharedSeries& shared() const { return shared_; }
    // Leaves in shared() only series that have a row of one time in several stores: the others'
    // rows need not be merged. It reads all their times, so many rows must be spared by it. Says
    // whether shared() changed; only the first call does anything. What is written while the
    // query runs may be missed.
    io::Task<Result<bool>> exclude_disjoint();
    bool may_be_disjoint() const { return !shared_.empty() && !is_disjoint_known_; }

    // Tag sets [outer_begin(i), outer_begin(i + 1)) are those of outer tag set i.
    std::uint32_t outer_count() const {
        return static_cast<std::uint32_t>(outer_begins_.size()) - 1;
    }
    std::uint32_t outer_begin(std::uint32_t outer) const { return outer_begins_[outer]; }
    // The tags of a tag set that is numbered by all dimensions of the grouping.
    const TagSet* tags(std::uint32_t tag_set);
    std::string_view measurement(std::uint32_t tag_set) const;

    ScanPortion portion(std::uint32_t first_outer, std::uint32_t end_outer) const;
    std::uint64_t chunk_bytes_max() const;
    SelectBudget& budget() const { return budget_; }
    Error too_much_memory() const { return query::too_much_memory(budget_.memory_bytes_max()); }

private:
    Result<void> check_series(std::uint64_t series_max) const;
    void number_tag_sets();
    io::Task<void> limit_tag_sets();
    io::Task<void> find_shared();

    DataSource& source_;
    SelectBudget& budget_;
    SelectPlan plan_;
    std::shared_ptr<Grouping> grouping_;
    std::vector<CoreSession> sessions_;
    SelectBudget::Share share_;  // for the sessions
    std::vector<TagSetKey> tag_sets_;
    std::vector<std::uint32_t> outer_begins_{0};
    SharedSeries shared_;
    bool is_prepared_ = false;
    bool is_disjoint_known_ = false;
};

}  // namespace sluice::query
