// The partial states of a core: per tag set, call and window.
#pragma once

#include <cstdint>
#include <vector>

#include "query/aggregate/aggregate.h"
#include "query/scan/select_plan.h"
#include "sluice/base/arena.h"

namespace sluice::query {

// States by the start of their windows, ascending.
struct Buckets {
    std::vector<model::Timestamp> starts;
    std::vector<AggregateState> states;
};

// Owns every string in its states. Not copied; moved from core to core.
class AggregateTable {
public:
    // For tag sets [first, first + count) of the query.
    AggregateTable() = default;
    AggregateTable(const SelectPlan& plan, std::uint32_t first, std::uint32_t count);

    Buckets& buckets(std::uint32_t tag_set, std::uint32_t call) {
        return buckets_[(tag_set - first_) * calls_ + call];
    }

    // Null: there is none.
    const AggregateState* find_state(std::uint32_t tag_set, std::uint32_t call,
                                     model::Timestamp start) const;

    // Of rows with the same time and value the one of the series whose key is less is selected,
    // whichever comes first.

    // Takes the states of one series in. Auxiliary rows in `states` count from `auxiliary`.
    void fold_series(const SelectPlan& plan, std::uint32_t tag_set, std::uint32_t call,
                     const Buckets& series, const std::vector<Value>& auxiliary);
    void fold_table(const SelectPlan& plan, const AggregateTable& other);

    // Where clocks are set back, a window may begin for one series inside the one that a row of
    // another, read earlier, has begun: they are one.
    void join_overlapping(const SelectPlan& plan);

    // The values kept with a selected row, in the order of SelectPlan::inputs, and the
    // key of its series.
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

    std::uint32_t first_ = 0;
    std::size_t calls_ = 0;
    std::size_t auxiliary_width_ = 0;
    std::vector<Buckets> buckets_;
    std::vector<Value> auxiliary_;
    Arena text_{16 * 1024};
    std::uint64_t state_count_ = 0;
};

}  // namespace sluice::query
