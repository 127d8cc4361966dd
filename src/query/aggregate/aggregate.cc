#include "query/aggregate/aggregate.h"

#include "query/functions/compare.h"

namespace sluice::query {
namespace {

using Kind = Value::Kind;

// Integers wrap around as in Go. They are added as words, since the overflow of signed integers is
// undefined in C++.
Value add(Value a, Value b) {
    switch (a.kind()) {
        case Kind::kFloat:
            return Value::of_float(a.as_float() + b.as_float());
        case Kind::kInteger:
            return Value::of_integer(static_cast<std::int64_t>(a.word() + b.word()));
        default:
            return Value::of_unsigned(a.word() + b.word());
    }
}

bool goes_by_time(Function function) {
    return function == Function::kFirst || function == Function::kLast;
}

// Returns whether a selector prefers (time, value) to what the state holds. Of equal values it
// prefers the earlier row (NaN is equal to nothing), and at equal times, which different series may
// have, the greater value (query/call_iterator.go), which for first() of booleans is the smaller
// one.
bool prefers(Function function, const AggregateState& state, model::Timestamp time, Value value) {
    switch (function) {
        case Function::kMin:
            if (value_less(value, state.value)) return true;
            return time < state.time && value_equal(value, state.value);
        case Function::kMax:
            if (value_less(state.value, value)) return true;
            return time < state.time && value_equal(value, state.value);
        case Function::kFirst:
            if (time != state.time) return time < state.time;
            return value.kind() == Kind::kBoolean ? value_less(value, state.value)
                                                  : value_less(state.value, value);
        case Function::kLast:
            if (time != state.time) return time > state.time;
            return value_less(state.value, value);
        default:
            return false;
    }
}

}  // namespace

bool aggregate(const AggregateCall& call, AggregateState& state, model::Timestamp time,
               Value value) {
    const bool first = state.count++ == 0;
    switch (call.function) {
        case Function::kCount:
            return false;
        case Function::kSum:
        case Function::kMean:
            state.value = first ? value : add(state.value, value);
            return false;
        default:
            // The first value is selected whatever it is: there is nothing to compare it with.
            if (!first && !prefers(call.function, state, time, value)) return false;
            state.value = value;
            state.time = time;
            return true;
    }
}

bool merge(const AggregateCall& call, AggregateState& state, const AggregateState& other) {
    if (other.empty()) return false;
    if (state.empty()) {
        state = other;
        return true;
    }
    state.count += other.count;
    switch (call.function) {
        case Function::kCount:
            return false;
        case Function::kSum:
        case Function::kMean:
            state.value = add(state.value, other.value);
            return false;
        default: {
            // A tie is remembered whichever of the two rows is selected, also if this state was
            // tied before; a strictly nearer row ends it.
            const bool is_tied = goes_by_time(call.function) && other.time == state.time;
            if (!prefers(call.function, state, other.time, other.value)) {
                state.is_tied |= is_tied;
                return false;
            }
            state.value = other.value;
            state.time = other.time;
            state.auxiliary = other.auxiliary;
            state.is_tied = is_tied || other.is_tied;
            return true;
        }
    }
}

AggregateState contribution(const AggregateCall& call, const AggregateState& state) {
    if (call.function != Function::kMean) return state;
    // A sum of one value is not divided, and so not rounded.
    AggregateState weighed = state;
    const double sum = state.value.to_float();
    const auto count = static_cast<double>(state.count);
    weighed.value = Value::of_float(state.count < 2 ? sum : sum / count * count);
    return weighed;
}

bool would_select(const AggregateCall& call, const AggregateState& state, model::Timestamp time,
                  Value value) {
    if (state.empty() || (goes_by_time(call.function) && time == state.time)) return true;
    return prefers(call.function, state, time, value);
}

Value result_of(const AggregateCall& call, const AggregateState& state) {
    if (call.function == Function::kCount) {
        return Value::of_integer(static_cast<std::int64_t>(state.count));
    }
    // InfluxDB adds up from 0.0, which hides the sign of zeros.
    if (call.function == Function::kSum && state.value.kind() == Value::Kind::kFloat) {
        return Value::of_float(0.0 + state.value.as_float());
    }
    if (call.function != Function::kMean) return state.value;
    // In InfluxDB the mean goes through one more reducer, together with its count: it is multiplied
    // and divided once more.
    const auto count = static_cast<double>(state.count);
    const double mean = (0.0 + state.value.to_float()) / count;
    return Value::of_float(state.count < 2 ? mean : mean * count / count);
}

}  // namespace sluice::query
