#include "query/aggregate/aggregate_table.h"

#include <algorithm>

#include "query/aggregate/clock_windows.h"
#include "query/functions/compare.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

Value copy_text(Arena& arena, Value value) {
    if (value.kind() != Value::Kind::kString) return value;
    return Value::of_string(arena.copy(value.as_string()));
}

// One more than the inputs, for the key of the series.
std::size_t auxiliary_width(const SelectPlan& plan) {
    return plan.keeps_auxiliary() ? plan.inputs.size() + 1 : 0;
}

}  // namespace

AggregateTable::AggregateTable(const SelectPlan& plan, std::uint32_t first, std::uint32_t count)
    : first_(first),
      calls_(plan.calls.size()),
      auxiliary_width_(auxiliary_width(plan)),
      buckets_(std::size_t{count} * calls_) {}

void AggregateTable::adopt(AggregateState& state, const Value* auxiliary) {
    state.value = copy_text(text_, state.value);
    if (auxiliary_width_ == 0 || auxiliary == nullptr) return;
    state.auxiliary = static_cast<std::uint32_t>(auxiliary_.size() / auxiliary_width_);
    for (std::size_t i = 0; i < auxiliary_width_; ++i) {
        auxiliary_.push_back(copy_text(text_, auxiliary[i]));
    }
}

const Value* AggregateTable::auxiliary_of(const AggregateState& state,
                                          const std::vector<Value>& auxiliary) const {
    if (state.auxiliary == kNoRow) return nullptr;
    return auxiliary.data() + std::size_t{state.auxiliary} * auxiliary_width_;
}

// Returns whether `other` must be selected after all. merge() preferred `known`, perhaps only
// because it came first. Which core or series comes first is chance, and the row that is selected
// shows where other values of it are asked for: the lesser key decides, whatever the order.
bool AggregateTable::comes_first(const AggregateCall& call, const AggregateState& known,
                                 const AggregateState& other, const Value* auxiliary) const {
    if (auxiliary_width_ == 0 || !is_selector(call.function) || auxiliary == nullptr) return false;
    const Value* row = auxiliary_of(known, auxiliary_);
    return row != nullptr && known.time == other.time && value_equal(known.value, other.value) &&
           auxiliary[auxiliary_width_ - 1].as_string() < row[auxiliary_width_ - 1].as_string();
}

// Both lists ascend by start. States of windows that are known are merged in place; the others are
// collected in `added` and joined in at the end, by appending where they lie behind all others,
// which is the usual case, and by one merge of the two lists otherwise.
void AggregateTable::fold(const AggregateCall& call, Buckets& into, const Buckets& from,
                          const std::vector<Value>& auxiliary) {
    SLUICE_CHECK(into.starts.size() == into.states.size());
    SLUICE_CHECK(from.starts.size() == from.states.size());
    Buckets added;
    std::size_t at = 0;
    for (std::size_t i = 0; i < from.starts.size(); ++i) {
        const auto from_here = into.starts.begin() + static_cast<std::ptrdiff_t>(at);
        at = static_cast<std::size_t>(
            std::lower_bound(from_here, into.starts.end(), from.starts[i]) - into.starts.begin());
        AggregateState other = from.states[i];
        if (at < into.starts.size() && into.starts[at] == from.starts[i]) {
            AggregateState& known = into.states[at];
            const Value* row = auxiliary_of(other, auxiliary);
            if (merge(call, known, other) || comes_first(call, known, other, row)) {
                adopt(known, row);
            }
            continue;
        }
        adopt(other, auxiliary_of(other, auxiliary));
        added.starts.push_back(from.starts[i]);
        added.states.push_back(other);
    }
    if (added.starts.empty()) return;
    state_count_ += added.starts.size();
    if (into.starts.empty() || into.starts.back() < added.starts.front()) {
        into.starts.insert(into.starts.end(), added.starts.begin(), added.starts.end());
        into.states.insert(into.states.end(), added.states.begin(), added.states.end());
        return;
    }
    Buckets merged;
    merged.starts.reserve(into.starts.size() + added.starts.size());
    merged.states.reserve(merged.starts.capacity());
    std::size_t a = 0;
    std::size_t b = 0;
    while (a < into.starts.size() || b < added.starts.size()) {
        const bool take_added = a == into.starts.size() ||
                                (b < added.starts.size() && added.starts[b] < into.starts[a]);
        Buckets& source = take_added ? added : into;
        std::size_t& index = take_added ? b : a;
        merged.starts.push_back(source.starts[index]);
        merged.states.push_back(source.states[index]);
        ++index;
    }
    SLUICE_CHECK(merged.starts.size() == into.starts.size() + added.starts.size());
    into = std::move(merged);
}

const AggregateState* AggregateTable::find_state(std::uint32_t tag_set, std::uint32_t call,
                                                 model::Timestamp start) const {
    const Buckets& known = buckets_[(tag_set - first_) * calls_ + call];
    const auto at = std::lower_bound(known.starts.begin(), known.starts.end(), start);
    if (at == known.starts.end() || *at != start) return nullptr;
    return &known.states[static_cast<std::size_t>(at - known.starts.begin())];
}

// The states of a series are copied, because what they contribute differs from what they hold
// (contribution) and the caller uses their memory again for the next series.
void AggregateTable::fold_series(const SelectPlan& plan, std::uint32_t tag_set, std::uint32_t call,
                                 const Buckets& series, const std::vector<Value>& auxiliary) {
    SLUICE_CHECK(tag_set >= first_ && call < calls_);
    SLUICE_CHECK((tag_set - first_) * calls_ + call < buckets_.size());
    Buckets weighed = series;
    for (AggregateState& state : weighed.states) state = contribution(plan.calls[call], state);
    fold(plan.calls[call], buckets(tag_set, call), weighed, auxiliary);
}

void AggregateTable::fold_table(const SelectPlan& plan, const AggregateTable& other) {
    SLUICE_CHECK(plan.calls.size() == calls_ && other.calls_ == calls_);
    SLUICE_CHECK(other.first_ == first_ && other.buckets_.size() == buckets_.size());
    for (std::size_t i = 0; i < other.buckets_.size(); ++i) {
        if (other.buckets_[i].starts.empty()) continue;
        fold(plan.calls[i % calls_], buckets_[i], other.buckets_[i], other.auxiliary_);
    }
}

void AggregateTable::join_overlapping(const SelectPlan& plan) {
    if (plan.window.is_whole() || !plan.window.has_zone()) return;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        Buckets& buckets = buckets_[i];
        state_count_ -= buckets.starts.size();
        query::join_overlapping(plan, plan.calls[i % calls_], buckets);
        state_count_ += buckets.starts.size();
    }
}

// States are counted twice: their lists grow by doubling. It is asked for after each run, so
// nothing here goes through the buckets.
std::uint64_t AggregateTable::memory_bytes() const {
    return buckets_.capacity() * sizeof(Buckets) +
           state_count_ * 2 * (sizeof(AggregateState) + sizeof(model::Timestamp)) +
           auxiliary_.capacity() * sizeof(Value) + text_.memory_bytes();
}

}  // namespace sluice::query
