// How core 0 speaks to all cores at once: on_all_cores() waits for their answers, tell_all_cores()
// does not.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/core_state.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {
namespace detail {

// A function of a CoreState, bound to the state of the core it travels to.
template <typename F>
struct OnCore {
    CoreState* state;
    F function;
    auto operator()() { return function(*state); }
};

template <typename T>
struct TaskValue;
template <typename T>
struct TaskValue<io::Task<T>> {
    using Type = T;
};

// What a core answers.
template <typename F>
using CoreValue = typename TaskValue<decltype(io::call_on(0, std::declval<OnCore<F>>()))>::Type;

template <typename T>
struct AllValues {
    using Type = std::vector<T>;
};
template <>
struct AllValues<void> {
    using Type = void;
};

}  // namespace detail

// `cores` are those of the engine, in the order of their numbers, here and below.
//
// Calls `function(CoreState&)`, plain or a coroutine that returns a Task, on every core at the same
// time. It completes when all have answered, with the values in the order of cores. Each call has a
// copy of the function; what that refers to lives until completion.
template <typename F>
auto on_all_cores(std::vector<CoreState*> cores, F function)
    -> io::Task<typename detail::AllValues<detail::CoreValue<F>>::Type> {
    using Value = detail::CoreValue<F>;
    // Tasks start at once, so all messages are on their way before the first answer is awaited.
    std::vector<io::Task<Value>> calls;
    calls.reserve(cores.size());
    for (std::uint32_t number = 0; number < cores.size(); ++number) {
        detail::OnCore<F> call{cores[number], function};
        calls.push_back(io::call_on(number, std::move(call)));
    }
    if constexpr (std::is_void_v<Value>) {
        for (io::Task<Value>& each : calls) co_await each;
    } else {
        std::vector<Value> values;
        values.reserve(calls.size());
        for (io::Task<Value>& each : calls) {
            Value value = co_await each;
            values.push_back(std::move(value));
        }
        co_return values;
    }
}

// Is called on core 0, where `function(CoreState&)` runs at once; the others do it when they come
// to it.
template <typename F>
void tell_all_cores(const std::vector<CoreState*>& cores, F function) {
    for (std::uint32_t number = 0; number < cores.size(); ++number) {
        detail::OnCore<F> call{cores[number], function};
        if (number == 0) {
            call();
        } else {
            io::post_to(number, std::move(call));
        }
    }
}

}  // namespace sluice::engine
