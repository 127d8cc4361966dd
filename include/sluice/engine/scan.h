// These functions run one piece of a query on every core, or on some.
//
//     auto partials = co_await on_every_core<Partial>(core, [plan](Core& there) -> ... {
//         return scan_core(there, plan);     // a coroutine function that takes its own copies
//     });
//
// The function object is copied to each core and lives there until its task has ended, so a
// coroutine lambda with captures is safe here. It runs in Share::kQuery.
#pragma once

#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/engine/core.h"
#include "sluice/engine/engine.h"
#include "sluice/io/mailbox.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::engine {

namespace detail {

template <typename R, typename F>
io::Task<Result<R>> run_on(Core& core, F function) {
    co_await core.reactor().switch_to(io::Share::kQuery);
    Result<R> result = co_await function(core);
    co_return result;
}

Core& core_of(Engine& engine, std::uint32_t number);

// Carried to the other core.
template <typename R, typename F>
struct RunOn {
    Engine* engine;
    std::uint32_t number;
    F function;
    io::Task<Result<R>> operator()() { return run_on<R>(core_of(*engine, number), function); }
};

}  // namespace detail

// `function(Core&)` returns io::Task<Result<R>>. The cores run it at the same time; the results
// come in the order of `numbers`. R is moved between threads: it holds nothing of its core.
template <typename R, typename F>
io::Task<std::vector<Result<R>>> on_cores(Core& here, std::vector<std::uint32_t> numbers,
                                          F function) {
    Engine& engine = here.engine();
    std::vector<std::optional<io::Task<Result<R>>>> running(numbers.size());
    const auto start = [&](std::size_t i) {
        running[i].emplace(
            io::call_on(numbers[i], detail::RunOn<R, F>{&engine, numbers[i], function}));
    };
    std::optional<std::size_t> own;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (numbers[i] == here.number()) {
            own = i;
        } else {
            start(i);
        }
    }
    // The others are woken at the end of this core's turn: it must not work first.
    if (own && numbers.size() > 1) co_await here.reactor().yield();
    if (own) start(*own);
    std::vector<Result<R>> results;
    results.reserve(running.size());
    for (auto& task : running) results.push_back(co_await std::move(*task));
    co_return results;
}

template <typename R, typename F>
io::Task<std::vector<Result<R>>> on_every_core(Core& here, F function) {
    std::vector<std::uint32_t> numbers(here.engine().core_count());
    std::iota(numbers.begin(), numbers.end(), 0u);
    return on_cores<R>(here, std::move(numbers), std::move(function));
}

}  // namespace sluice::engine
