#include "query/series_aggregator.h"

#include <algorithm>

namespace sluice::query {
namespace {

bool is_plain(const storage::ColumnView& column, const AggregateCall& call,
              const std::vector<std::uint8_t>* accepted) {
    return accepted == nullptr && !column.all_null && column.validity == nullptr &&
           model::is_word_type(column.type) && data_type_of(column.type) == call.argument;
}

// Adds words to `sum`, or begins with the first where `sum` is null, without looking at each one's
// type.
Value sum_words(influxql::DataType type, Value sum, std::span<const std::uint64_t> words) {
    if (type == influxql::DataType::kFloat) {
        const bool fresh = sum.is_null();
        double total = fresh ? std::bit_cast<double>(words[0]) : sum.as_float();
        for (const std::uint64_t word : words.subspan(fresh ? 1 : 0)) {
            total += std::bit_cast<double>(word);
        }
        return Value::of_float(total);
    }
    std::uint64_t total = sum.is_null() ? 0 : sum.word();
    for (const std::uint64_t word : words) total += word;
    return type == influxql::DataType::kInteger
               ? Value::of_integer(static_cast<std::int64_t>(total))
               : Value::of_unsigned(total);
}

// Whether statistics of one type say anything about a column that is read as another.
bool is_convertible(model::FieldType from, influxql::DataType to) {
    const bool to_number = to == influxql::DataType::kFloat || to == influxql::DataType::kInteger ||
                           to == influxql::DataType::kUnsigned;
    return model::is_word_type(from) ? to_number : data_type_of(from) == to;
}

}  // namespace

SeriesAggregator::SeriesAggregator(const SelectPlan& plan, AggregateTable& table)
    : plan_(plan),
      table_(table),
      columns_(plan),
      auxiliary_inputs_(plan.auxiliary_inputs()),
      keeps_auxiliary_(plan.is_single_selector() && !auxiliary_inputs_.empty()),
      buckets_(plan.calls.size()),
      auxiliary_row_(auxiliary_inputs_.size()),
      tag_values_(auxiliary_inputs_.size()) {}

void SeriesAggregator::begin_series(std::uint32_t tag_set, std::string_view key) {
    end_series();
    in_series_ = true;
    tag_set_ = tag_set;
    if (!keeps_auxiliary_) return;
    std::string scratch;
    for (std::size_t i = 0; i < auxiliary_inputs_.size(); ++i) {
        const Input& input = plan_.inputs[auxiliary_inputs_[i]];
        if (input.kind != Input::Kind::kTag) continue;
        tag_values_[i] = tag_in_key(key, input.tag, scratch);
        auxiliary_row_[i] = tag_values_[i].empty() ? Value() : Value::of_string(tag_values_[i]);
    }
}

void SeriesAggregator::end_series() {
    if (!in_series_) return;
    for (std::uint32_t call = 0; call < buckets_.size(); ++call) {
        if (buckets_[call].starts.empty()) continue;
        table_.fold_series(plan_, tag_set_, call, buckets_[call], auxiliary_);
        buckets_[call].starts.clear();
        buckets_[call].states.clear();
    }
    auxiliary_.clear();
    text_.clear();
    in_series_ = false;
}

AggregateState& SeriesAggregator::state_at(std::uint32_t call, model::Timestamp start) {
    Buckets& buckets = buckets_[call];
    if (buckets.starts.empty() || buckets.starts.back() != start) {
        buckets.starts.push_back(start);
        buckets.states.emplace_back();
    }
    return buckets.states.back();
}

Value SeriesAggregator::keep_text(Value value) {
    if (value.kind() != Value::Kind::kString) return value;
    return Value::of_string(text_.copy(value.as_string()));
}

void SeriesAggregator::keep_auxiliary(AggregateState& state, const std::vector<Value>& row) {
    if (state.auxiliary == kNoRow) {
        state.auxiliary = static_cast<std::uint32_t>(auxiliary_.size() / row.size());
        auxiliary_.resize(auxiliary_.size() + row.size());
    }
    for (std::size_t i = 0; i < row.size(); ++i) {
        auxiliary_[state.auxiliary * row.size() + i] = keep_text(row[i]);
    }
}

void SeriesAggregator::add_run(const storage::SeriesRun& run,
                               const std::vector<std::uint8_t>* accepted) {
    std::size_t begin = 0;
    while (begin < run.rows) {
        const model::Timestamp start = plan_.window.start_of(run.times[begin]);
        const model::Timestamp end_time = plan_.window.end_of(start);
        std::size_t end = run.rows;
        if (run.times[run.rows - 1] >= end_time) {
            end = static_cast<std::size_t>(
                std::lower_bound(run.times.begin() + static_cast<std::ptrdiff_t>(begin),
                                 run.times.end(), end_time) -
                run.times.begin());
        }
        for (std::uint32_t call = 0; call < plan_.calls.size(); ++call) {
            add_segment(call, run, begin, end, start, accepted);
        }
        begin = end;
    }
}

void SeriesAggregator::add_segment(std::uint32_t call_index, const storage::SeriesRun& run,
                                   std::size_t begin, std::size_t end, model::Timestamp start,
                                   const std::vector<std::uint8_t>* accepted) {
    const AggregateCall& call = plan_.calls[call_index];
    const storage::ColumnView& column = run.columns[columns_.column_of_field[call.field]];
    if (column.all_null) return;
    if (is_plain(column, call, accepted) && !is_selector(call.function)) {
        AggregateState& sum = state_at(call_index, start);
        sum.count += end - begin;
        if (call.function != Function::kCount) {
            sum.value =
                sum_words(call.argument, sum.value, column.words.subspan(begin, end - begin));
        }
        return;
    }
    AggregateState* state = nullptr;
    std::size_t selected = run.rows;
    for (std::size_t row = begin; row < end; ++row) {
        if (accepted != nullptr && (*accepted)[row] == 0) continue;
        const Value value = column_value(column, row, call.argument);
        if (value.is_null()) continue;
        if (state == nullptr) state = &state_at(call_index, start);
        if (aggregate(call, *state, run.times[row], value)) selected = row;
    }
    if (selected == run.rows) return;
    state->value = keep_text(state->value);
    if (!keeps_auxiliary_) return;
    for (std::size_t i = 0; i < auxiliary_inputs_.size(); ++i) {
        const Input& input = plan_.inputs[auxiliary_inputs_[i]];
        if (input.kind != Input::Kind::kField) continue;
        auxiliary_row_[i] =
            column_value(run.columns[columns_.column_of_field[input.index]], selected, input.type);
    }
    keep_auxiliary(*state, auxiliary_row_);
}

void SeriesAggregator::add_statistics(const storage::SeriesRun& run) {
    for (std::uint32_t i = 0; i < plan_.calls.size(); ++i) {
        const AggregateCall& call = plan_.calls[i];
        const storage::ColumnStatistics& statistics =
            run.statistics[columns_.column_of_field[call.field]];
        if (statistics.count == 0 || !is_convertible(statistics.type, call.argument)) continue;
        const auto word = [&](std::uint64_t bits) {
            return cast_value(Value::of_word(statistics.type, bits), call.argument);
        };
        AggregateState part;
        part.count = statistics.count;
        switch (call.function) {
            case Function::kCount:
                break;
            case Function::kSum:
            case Function::kMean:
                part.value = word(statistics.sum);
                break;
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
        merge(call, state_at(i, plan_.window.start_of(run.time_first)), part);
    }
}

void SeriesAggregator::add_row(model::Timestamp time, const Value* fields) {
    const model::Timestamp start = plan_.window.start_of(time);
    for (std::uint32_t i = 0; i < plan_.calls.size(); ++i) {
        const AggregateCall& call = plan_.calls[i];
        const Value value = fields[call.field];
        if (value.is_null()) continue;
        AggregateState& state = state_at(i, start);
        if (!aggregate(call, state, time, value)) continue;
        state.value = keep_text(state.value);
        if (!keeps_auxiliary_) continue;
        for (std::size_t k = 0; k < auxiliary_inputs_.size(); ++k) {
            const Input& input = plan_.inputs[auxiliary_inputs_[k]];
            if (input.kind == Input::Kind::kField) auxiliary_row_[k] = fields[input.index];
        }
        keep_auxiliary(state, auxiliary_row_);
    }
}

}  // namespace sluice::query
