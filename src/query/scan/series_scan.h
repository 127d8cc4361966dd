// Every scan of stored series begins with a SeriesScan: the series are listed on all cores, put
// into tag sets and numbered. Then tag sets are read in portions that fit into memory.
//
// Tag sets are numbered in the order of the answer, by all dimensions of the grouping, those of the
// answer first. So the tag sets of one outer tag set are neighbours, and a portion of the answer is
// a range of numbers. Every core has tag sets of its own first; after number_tag_sets() all speak
// of the same numbers.
//
// Series that several stores share are found by their hashes (find_shared). Their rows must be
// merged before anything is said about them. Where they are many, exclude_disjoint() looks whether
// the stores have a time in common at all.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/scan/core_session.h"
#include "query/scan/scan_portion.h"
#include "query/scan/select_budget.h"
#include "query/scan/select_plan.h"
#include "query/scan/shared_series.h"
#include "query/scan/tag_set.h"
#include "query/session/data_source.h"
#include "sluice/base/check.h"

namespace sluice::query {

// A PortionWalk says which outer tag sets are read together. It counts in the order of the answer.
//
// Tag sets are numbered [0, total). `done_` of them have been read, from the low end if the answer
// ascends and from the high end otherwise, and the next `batch_` of them are due. A walk begins
// with as many as a portion may ever have and learns the number that fits: shrink() goes down by
// eighths until a portion fits, advance() goes up again by twos or eights.
class PortionWalk {
public:
    PortionWalk() = default;
    PortionWalk(std::uint32_t total, bool ascending);

    bool at_end() const { return done_ == total_; }
    // The numbers of the portion that is due. They ascend, also if the answer descends.
    std::uint32_t first() const { return ascending_ ? done_ : total_ - done_ - count(); }
    std::uint32_t end() const { return first() + count(); }
    // The portion has been read and took `bytes` of the `bytes_max` there are. One that leaves room
    // makes the next one larger, so that a few tag sets with many rows do not make portions of one
    // tag set of all that follow.
    void advance(std::uint64_t bytes, std::uint64_t bytes_max);
    // Makes the portion smaller because it does not fit into memory. Returns false if it is a
    // single tag set already.
    bool shrink();

private:
    std::uint32_t count() const { return batch_ < total_ - done_ ? batch_ : total_ - done_; }

    std::uint32_t total_ = 0;
    std::uint32_t done_ = 0;
    std::uint32_t batch_ = 0;
    bool ascending_ = true;
};

// A scan lives on the core of the query and outlives the jobs that it runs on the others. prepare()
// comes first: before it, nothing is known, and after it the plan and the sessions do not change
// any more. Only shared() may still become smaller, between two jobs.
class SeriesScan {
public:
    // `source` and `budget` outlive the scan. The plan's dimensions are those of the answer, then
    // the other ones of `grouping`, as far as the scan tells them apart.
    SeriesScan(DataSource& source, SelectBudget& budget, SelectPlan plan,
               std::shared_ptr<Grouping> grouping);

    // Lists, filters and groups the series. It is called before anything else; calls after the
    // first do nothing.
    io::Task<Result<void>> prepare();

    const SelectPlan& plan() const { return plan_; }
    // Cores read the plan from the first job on, so it can be completed only before prepare().
    SelectPlan& open_plan() {
        SLUICE_CHECK(!is_prepared_);
        return plan_;
    }
    Grouping& grouping() const { return *grouping_; }
    DataSource& source() const { return source_; }
    std::vector<CoreSession>& sessions() { return sessions_; }
    const SharedSeries& shared() const { return shared_; }
    // Leaves in shared() only series that have a row of one time in several stores, because rows of
    // the others need not be merged. It returns whether shared() changed; only the first call does
    // anything. It reads all times of these series, so it is worth while only if that spares
    // merging many rows. Rows that are written while the query runs may be missed.
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

    // Returns the portion that consists of outer tag sets [first_outer, end_outer), over all of the
    // time that the query and its shard groups have in common. The range is empty if there is none.
    ScanPortion portion(std::uint32_t first_outer, std::uint32_t end_outer) const;
    // Returns the bytes that a job may bring back from each core. Together they are half of the
    // memory that is left: the core of the query needs as much again while it merges them.
    std::uint64_t chunk_bytes_max() const;
    SelectBudget& budget() const { return budget_; }
    Error too_much_memory() const { return query::too_much_memory(budget_.memory_bytes_max()); }

private:
    Result<void> check_series(std::uint64_t series_max) const;
    void number_tag_sets();
    io::Task<void> limit_tag_sets();
    io::Task<void> find_shared();
    io::Task<void> set_shared(std::vector<std::uint64_t> identities);

    DataSource& source_;
    SelectBudget& budget_;
    SelectPlan plan_;
    std::shared_ptr<Grouping> grouping_;
    std::vector<CoreSession> sessions_;
    SelectBudget::Share share_;        // for the sessions
    std::vector<TagSetKey> tag_sets_;  // sorted: their places are the numbers of the query
    // The number of the first tag set of each outer one, and one element more, which is the end.
    std::vector<std::uint32_t> outer_begins_{0};
    SharedSeries shared_;
    bool is_prepared_ = false;
    bool is_disjoint_known_ = false;
};

}  // namespace sluice::query
