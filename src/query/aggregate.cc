#include "query/aggregate.h"

namespace sluice::query {
namespace {

using Kind = Value::Kind;

// a < b for values of one kind; false sorts before true.
bool less(Value a, Value b) {
    switch (a.kind()) {
        case Kind::kFloat:
            return a.as_float() < b.as_float();
        case Kind::kInteger:
            return a.as_integer() < b.as_integer();
        case Kind::kString:
            return a.as_string() < b.as_string();
        default:
            return a.word() < b.word();
    }
}

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

// Whether a selector prefers (time, value) to what the state holds. Equal values: the earlier row;
// equal times (of different series): the greater value (query/call_iterator.go), which for
// first() of booleans is the smaller one.
bool prefers(Function function, const AggregateState& state, model::Timestamp time, Value value) {
    switch (function) {
        case Function::kMin:
            if (less(value, state.value)) return true;
            return time < state.time && !less(state.value, value);
        case Function::kMax:
            if (less(state.value, value)) return true;
            return time < state.time && !less(value, state.value);
        case Function::kFirst:
            if (time != state.time) return time < state.time;
            return value.kind() == Kind::kBoolean ? less(value, state.value)
                                                  : less(state.value, value);
        case Function::kLast:
            if (time != state.time) return time > state.time;
            return less(state.value, value);
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
        default:
            if (!prefers(call.function, state, other.time, other.value)) return false;
            state.value = other.value;
            state.time = other.time;
            state.auxiliary = other.auxiliary;
            return true;
    }
}

AggregateState contribution(const AggregateCall& call, const AggregateState& state) {
    if (call.function != Function::kMean) return state;
    AggregateState weighed = state;
    const double sum = state.value.to_float();
    const auto count = static_cast<double>(state.count);
    weighed.value = Value::of_float(state.count < 2 ? sum : sum / count * count);
    return weighed;
}

bool would_select(const AggregateCall& call, const AggregateState& state, model::Timestamp time,
                  Value value) {
    return state.empty() || prefers(call.function, state, time, value);
}

Value result_of(const AggregateCall& call, const AggregateState& state) {
    if (call.function == Function::kCount) {
        return Value::of_integer(static_cast<std::int64_t>(state.count));
    }
    if (call.function != Function::kMean) return state.value;
    const auto count = static_cast<double>(state.count);
    const double mean = state.value.to_float() / count;
    return Value::of_float(state.count < 2 ? mean : mean * count / count);
}

}  // namespace sluice::query
