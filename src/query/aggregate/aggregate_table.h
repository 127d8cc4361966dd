// The partial states of a portion on one core: one state per tag set, call and window that has
// rows.
//
// Which row a selector selects must not depend on which core or series was folded first. Where
// aggregate.h leaves a choice, between rows of equal time and value, the row of the series with the
// lesser key is selected: auxiliary rows end with the key of their series for that comparison.
//
// A core fills its table alone. When its job has ended the table moves to the core of the query,
// which folds it into the table of the portion, core by core in their order, and frees it.
#pragma once

#include <cstdint>
#include <vector>

#include "query/aggregate/aggregate.h"
#include "query/scan/select_plan.h"
#include "sluice/base/arena.h"

namespace sluice::query {

// States by the start of their windows, ascending. Both lists have one length; starts lie apart
// from states because they are searched.
struct Buckets {
    std::vector<model::Timestamp> starts;
    std::vector<AggregateState> states;
};

// The table owns every string in its states. It is moved from core to core and not copied.
class AggregateTable {
public:
    // For tag sets [first, first + count) of the query.
    AggregateTable() = default;
    AggregateTable(const SelectPlan& plan, std::uint32_t first, std::uint32_t count);

    Buckets& buckets(std::uint32_t tag_set, std::uint32_t call) {
        return buckets_[(tag_set - first_) * calls_ + call];
    }

    // Returns the state of a window, or null if it has no rows so far.
    const AggregateState* find_state(std::uint32_t tag_set, std::uint32_t call,
                                     model::Timestamp start) const;

    // Merges the states of one series into the table. The auxiliary numbers of its states count
    // rows of `auxiliary`.
    void fold_series(const SelectPlan& plan, std::uint32_t tag_set, std::uint32_t call,
                     const Buckets& series, const std::vector<Value>& auxiliary);
    // Merges a table of the same plan and portion into this one.
    void fold_table(const SelectPlan& plan, const AggregateTable& other);

    // Joins windows that are one where clocks are set back: a window of one series may begin inside
    // the window that an earlier row of another series has begun.
    void join_overlapping(const SelectPlan& plan);

    // Returns the values that are kept with a selected row, in the order of SelectPlan::inputs,
    // followed by the key of its series.
    const Value* auxiliary(std::uint32_t row) const {
        return auxiliary_.data() + std::size_t{row} * auxiliary_width_;
    }
    std::uint64_t memory_bytes() const;

private:
    const Value* auxiliary_of(const AggregateState& state,
                              const std::vector<Value>& auxiliary) const;
    bool comes_first(const AggregateCall& call, const AggregateState& known,
                     const AggregateState& other, const Value* auxiliary) const;
    // Copies what a state points to into this table.
    void adopt(AggregateState& state, const Value* auxiliary);
    void fold(const AggregateCall& call, Buckets& into, const Buckets& from,
              const std::vector<Value>& auxiliary);

    std::uint32_t first_ = 0;  // the tag set whose buckets are the first
    std::size_t calls_ = 0;
    std::size_t auxiliary_width_ = 0;  // 0: nothing is kept with selected rows
    std::vector<Buckets> buckets_;     // calls of one tag set after the other
    // Rows of auxiliary_width_ values. A row that is selected no more stays: it is freed with the
    // table, and counts as memory until then.
    std::vector<Value> auxiliary_;
    Arena text_{16 * 1024};
    std::uint64_t state_count_ = 0;
};

}  // namespace sluice::query
