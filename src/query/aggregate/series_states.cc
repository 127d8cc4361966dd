#include "query/aggregate/series_states.h"

#include <algorithm>

#include "query/aggregate/clock_windows.h"
#include "query/aggregate/column_words.h"
#include "query/scan/series_tags.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// No block has this number: they count up within a scan.
constexpr std::uint64_t kNoBlock = ~std::uint64_t{0};

// Returns whether the values can be read as they lie: every row has one, in the type of the call.
bool is_plain(const storage::ColumnView& column, const AggregateCall& call) {
    return !column.all_null && column.validity == nullptr && model::is_word_type(column.type) &&
           data_type_of(column.type) == call.argument;
}

// Returns one past the last row from `begin` on whose time is before `end_time`. Row `begin` itself
// is.
std::size_t rows_before(std::span<const model::Timestamp> times, std::size_t begin,
                        model::Timestamp end_time) {
    if (times.back() < end_time) return times.size();
    // A window may be small beside a run or longer than it, so the search looks ahead in growing
    // steps.
    std::size_t low = begin;
    std::size_t step = 1;
    while (low + step < times.size() && times[low + step] < end_time) {
        low += step;
        step *= 2;
    }
    const auto from = times.begin() + static_cast<std::ptrdiff_t>(low) + 1;
    const auto to = times.begin() + static_cast<std::ptrdiff_t>(std::min(low + step, times.size()));
    return static_cast<std::size_t>(std::lower_bound(from, to, end_time) - times.begin());
}

// Returns whether statistics of one type say anything about a column that is read as another type.
bool is_convertible(model::FieldType from, influxql::DataType to) {
    const bool to_number = to == influxql::DataType::kFloat || to == influxql::DataType::kInteger ||
                           to == influxql::DataType::kUnsigned;
    return model::is_word_type(from) ? to_number : data_type_of(from) == to;
}

}  // namespace

SeriesStates::SeriesStates(const SelectPlan& plan, AggregateTable& table)
    : plan_(plan),
      table_(table),
      columns_(plan.columns()),
      keeps_auxiliary_(plan.keeps_auxiliary()),
      buckets_(plan.calls.size()),
      open_(plan.calls.size()),
      summed_block_(plan.calls.size(), kNoBlock),
      auxiliary_row_(plan.inputs.size() + 1),
      tag_values_(plan.inputs.size()) {}

void SeriesStates::begin_series(std::uint32_t tag_set, std::string_view key) {
    end_series();
    // Buckets were laid out by the plan, which is fixed by now.
    SLUICE_CHECK(buckets_.size() == plan_.calls.size());
    in_series_ = true;
    tag_set_ = tag_set;
    if (!keeps_auxiliary_) return;
    series_key_ = key;
    auxiliary_row_.back() = Value::of_string(series_key_);
    std::string scratch;
    for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
        const Input& input = plan_.inputs[i];
        if (input.kind != Input::Kind::kTag) continue;
        tag_values_[i] = tag_in_key(key, input.tag, scratch);
        auxiliary_row_[i] = tag_values_[i].empty() ? Value() : Value::of_string(tag_values_[i]);
    }
}

// Folds what the series has gathered into the table, which copies what it keeps. After it nothing
// refers to the series any more, and its memory is used for the next one.
void SeriesStates::end_series() {
    if (!in_series_) return;
    for (std::uint32_t call = 0; call < buckets_.size(); ++call) {
        summed_block_[call] = kNoBlock;
        if (buckets_[call].starts.empty()) continue;
        if (has_overlapping_) {
            buckets_[call] = by_own_windows(plan_, plan_.calls[call], buckets_[call]);
        }
        table_.fold_series(plan_, tag_set_, call, buckets_[call], auxiliary_);
        buckets_[call].starts.clear();
        buckets_[call].states.clear();
    }
    auxiliary_.clear();
    text_.clear();
    has_overlapping_ = false;
    open_.assign(open_.size(), {});
    in_series_ = false;
}

AggregateState& SeriesStates::state_at(std::uint32_t call, model::Timestamp start) {
    Buckets& buckets = buckets_[call];
    if (buckets.starts.empty() || buckets.starts.back() != start) {
        buckets.starts.push_back(start);
        buckets.states.emplace_back();
    }
    return buckets.states.back();
}

Value SeriesStates::keep_text(Value value) {
    if (value.kind() != Value::Kind::kString) return value;
    return Value::of_string(text_.copy(value.as_string()));
}

// A state that selects another row writes over the values of the one before: it has one row at
// most. The texts of that one stay in text_ until the series ends.
void SeriesStates::keep_auxiliary(AggregateState& state, const std::vector<Value>& row) {
    if (state.auxiliary == kNoRow) {
        state.auxiliary = static_cast<std::uint32_t>(auxiliary_.size() / row.size());
        auxiliary_.resize(auxiliary_.size() + row.size());
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
        auxiliary_[state.auxiliary * row.size() + i] = keep_text(row[i]);
    }
}

void SeriesStates::add_run(const storage::SeriesRun& run,
                           const std::vector<std::uint8_t>* accepted) {
    SLUICE_CHECK(in_series_ && !run.is_statistics());
    SLUICE_CHECK(run.times.size() == run.rows && run.columns.size() == columns_.names.size());
    SLUICE_CHECK(accepted == nullptr || accepted->size() == run.rows);
    // Rows end a chain of sums: what statistics say next does not continue a sum of rows.
    std::fill(summed_block_.begin(), summed_block_.end(), kNoBlock);
    if (may_overlap(plan_.window, run.times.front(), run.times.back())) {
        return add_overlapping(run, accepted);
    }
    std::size_t begin = 0;
    while (begin < run.rows) {
        const model::Timestamp start = plan_.window.start_of(run.times[begin]);
        const std::size_t end = rows_before(run.times, begin, plan_.window.end_of(start));
        for (std::uint32_t call = 0; call < plan_.calls.size(); ++call) {
            add_segment(call, run, begin, end, start, accepted);
        }
        begin = end;
    }
}

// A row without a value for the call, or that is not accepted, opens no window.
void SeriesStates::add_overlapping(const storage::SeriesRun& run,
                                   const std::vector<std::uint8_t>* accepted) {
    has_overlapping_ = true;
    for (std::uint32_t call = 0; call < plan_.calls.size(); ++call) {
        const std::uint32_t field = plan_.calls[call].field;
        const storage::ColumnView& column = run.columns[columns_.column_of_field[field]];
        if (column.all_null) continue;
        counts_.assign(run.rows, 1);
        for (std::size_t row = 0; row < run.rows; ++row) {
            const bool is_accepted = accepted == nullptr || (*accepted)[row] != 0;
            counts_[row] = is_accepted && column.is_valid(row) ? 1 : 0;
        }
        for (const WindowRows& rows : windows_of_rows(plan_, run.times, counts_, open_[call])) {
            add_segment(call, run, rows.begin, rows.end, rows.start, accepted);
        }
    }
}

std::size_t SeriesStates::add_plain(std::uint32_t call_index, const storage::SeriesRun& run,
                                    std::size_t begin, std::size_t end, model::Timestamp start,
                                    const std::vector<std::uint8_t>* accepted) {
    const AggregateCall& call = plan_.calls[call_index];
    const storage::ColumnView& column = run.columns[columns_.column_of_field[call.field]];
    if (accepted != nullptr) {
        // Accepted rows next to each other are taken in at once.
        std::size_t selected = run.rows;
        const std::uint8_t* const flags = accepted->data();
        for (std::size_t row = begin; row < end;) {
            while (row < end && flags[row] == 0) ++row;
            const std::size_t first = row;
            while (row < end && flags[row] != 0) ++row;
            if (first == row) break;
            const std::size_t one = add_plain(call_index, run, first, row, start, nullptr);
            if (one != run.rows) selected = one;
        }
        return selected;
    }
    const std::span<const std::uint64_t> words = column.words.subspan(begin, end - begin);
    AggregateState& state = state_at(call_index, start);
    // A selector needs to look at the best of the words only. Of equal extremes that is the first,
    // which looking at each in turn would select, too.
    if (is_selector(call.function)) {
        const std::size_t row = begin + select_word(call, words);
        const Value value = Value::of_word(column.type, column.words[row]);
        const bool took = aggregate(call, state, run.times[row], value);
        state.count += words.size() - 1;
        return took ? row : run.rows;
    }
    state.count += words.size();
    if (call.function != Function::kCount) {
        state.value = sum_words(call.argument, state.value, words);
    }
    return run.rows;
}

// A column whose values can be read as they lie is added in one loop (add_plain). Otherwise each
// value is cast. If a selector has selected a row, its value and the other values of the row are
// kept, since the run goes away.
void SeriesStates::add_segment(std::uint32_t call_index, const storage::SeriesRun& run,
                               std::size_t begin, std::size_t end, model::Timestamp start,
                               const std::vector<std::uint8_t>* accepted) {
    const AggregateCall& call = plan_.calls[call_index];
    const storage::ColumnView& column = run.columns[columns_.column_of_field[call.field]];
    if (column.all_null) return;
    AggregateState* state = nullptr;
    std::size_t selected = run.rows;
    if (is_plain(column, call)) {
        selected = add_plain(call_index, run, begin, end, start, accepted);
        if (selected == run.rows) return;
        state = &state_at(call_index, start);
    } else {
        for (std::size_t row = begin; row < end; ++row) {
            if (accepted != nullptr && (*accepted)[row] == 0) continue;
            const Value value = column_value(column, row, call.argument);
            if (value.is_null()) continue;
            if (state == nullptr) state = &state_at(call_index, start);
            if (aggregate(call, *state, run.times[row], value)) selected = row;
        }
    }
    if (selected == run.rows) return;
    state->value = keep_text(state->value);
    if (!keeps_auxiliary_) return;
    for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
        const Input& input = plan_.inputs[i];
        if (input.kind != Input::Kind::kField) continue;
        auxiliary_row_[i] =
            column_value(run.columns[columns_.column_of_field[input.index]], selected, input.type);
    }
    keep_auxiliary(*state, auxiliary_row_);
}

// Returns whether a value of the window, at that time or later, could still be selected: neither
// the state of this series nor the states of series that were folded before exclude it.
bool SeriesStates::can_select(std::uint32_t call_index, model::Timestamp start,
                              model::Timestamp time, Value value) const {
    const AggregateCall& call = plan_.calls[call_index];
    const Buckets& own = buckets_[call_index];
    if (!own.starts.empty() && own.starts.back() == start &&
        !would_select(call, own.states.back(), time, value)) {
        return false;
    }
    // Series that went before may have won already.
    const AggregateState* const others = table_.find_state(tag_set_, call_index, start);
    return others == nullptr || would_select(call, *others, time, value);
}

// Returns whether the float sum of this block can be taken from its statistics. A series is added
// up from its first value to its last, and rounding shows: the statistics fit only if the state so
// far holds the sum of exactly the values before this block.
bool SeriesStates::can_sum(std::uint32_t call_index, const storage::SeriesRun& run,
                           model::Timestamp start) const {
    const Buckets& own = buckets_[call_index];
    if (own.starts.empty() || own.starts.back() != start) return !run.sums_go_on;
    return run.sums_go_on && summed_block_[call_index] + 1 == run.block;
}

SeriesStates::StatisticsUse SeriesStates::judge_call(std::uint32_t call_index,
                                                     const storage::ColumnStatistics& statistics,
                                                     const storage::SeriesRun& run,
                                                     model::Timestamp start) const {
    const AggregateCall& call = plan_.calls[call_index];
    if (statistics.count == 0 || !is_convertible(statistics.type, call.argument)) {
        return StatisticsUse::kNone;
    }
    if (call.function == Function::kCount) return StatisticsUse::kAll;
    // Values would be cast one by one before they are added or compared.
    if (!model::is_word_type(statistics.type) || data_type_of(statistics.type) != call.argument) {
        return StatisticsUse::kRows;
    }
    switch (call.function) {
        case Function::kSum:
        case Function::kMean: {
            if (call.argument != influxql::DataType::kFloat) return StatisticsUse::kAll;
            return can_sum(call_index, run, start) ? StatisticsUse::kAll : StatisticsUse::kRows;
        }
        case Function::kFirst:
        case Function::kLast: {
            const bool is_first = call.function == Function::kFirst;
            const Value value =
                Value::of_word(statistics.type, is_first ? statistics.first : statistics.last);
            const model::Timestamp time = is_first ? run.time_first : run.time_last;
            if (!can_select(call_index, start, time, value)) return StatisticsUse::kNone;
            return keeps_auxiliary_ ? StatisticsUse::kRows : StatisticsUse::kAll;
        }
        default: {
            // An extreme that a state of this series or of another one beats already changes
            // nothing. The time of an extreme is not known, only that it is not before the run.
            const Value value = Value::of_word(
                statistics.type, call.function == Function::kMin ? statistics.min : statistics.max);
            if (!can_select(call_index, start, run.time_first, value)) return StatisticsUse::kNone;
            return plan_.is_single_selector() ? StatisticsUse::kRows : StatisticsUse::kAll;
        }
    }
}

// A run in several windows is needed as rows. Otherwise the call that needs most decides for all,
// because a run comes either as rows or as statistics: kNone < kAll < kRows.
SeriesStates::StatisticsUse SeriesStates::judge(const storage::SeriesRun& run) const {
    const model::Timestamp start = plan_.window.start_of(run.time_first);
    if (plan_.window.start_of(run.time_last) != start ||
        may_overlap(plan_.window, run.time_first, run.time_last)) {
        return StatisticsUse::kRows;
    }
    StatisticsUse use = StatisticsUse::kNone;
    for (std::uint32_t i = 0; i < plan_.calls.size(); ++i) {
        const auto column = columns_.column_of_field[plan_.calls[i].field];
        use = std::max(use, judge_call(i, run.statistics[column], run, start));
        if (use == StatisticsUse::kRows) break;
    }
    return use;
}

// Merges statistics into the states. judge() has said that they do what the rows would. The time of
// an extreme is not known; the first time of the run stands for it, and is never shown, because
// judge() asks for rows where a time is wanted.
void SeriesStates::add_statistics(const storage::SeriesRun& run) {
    SLUICE_CHECK(in_series_ && run.statistics.size() == columns_.names.size());
    const model::Timestamp start = plan_.window.start_of(run.time_first);
    for (std::uint32_t i = 0; i < plan_.calls.size(); ++i) {
        const AggregateCall& call = plan_.calls[i];
        const storage::ColumnStatistics& statistics =
            run.statistics[columns_.column_of_field[call.field]];
        if (statistics.count == 0 || !is_convertible(statistics.type, call.argument)) continue;
        const auto word = [&](std::uint64_t bits) { return Value::of_word(statistics.type, bits); };
        AggregateState part;
        part.count = statistics.count;
        switch (call.function) {
            case Function::kCount:
                break;
            case Function::kSum:
            case Function::kMean:
                part.value = word(statistics.sum);
                if (call.argument != influxql::DataType::kFloat) break;
                summed_block_[i] = run.block;
                // The sum of this block includes those before it, which the state holds already.
                if (!run.sums_go_on) break;
                state_at(i, start).value = part.value;
                state_at(i, start).count += part.count;
                continue;
            case Function::kFirst:
                part.value = word(statistics.first);
                part.time = run.time_first;
                break;
            case Function::kLast:
                part.value = word(statistics.last);
                part.time = run.time_last;
                break;
            case Function::kMin:
                part.value = word(statistics.min);
                part.time = run.time_first;
                break;
            case Function::kMax:
                part.value = word(statistics.max);
                part.time = run.time_first;
                break;
            default:
                continue;
        }
        merge(call, state_at(i, start), part);
    }
}

}  // namespace sluice::query
