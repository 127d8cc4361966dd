// Running one piece of a query on every core.
//
//     auto partials = co_await on_every_core<Partial>(core, [plan](Core& there) -> ... {
//         return scan_core(there, plan);     // a coroutine function that takes its own copies
//     });
//
// The function object is copied to each core and lives there until its task has ended, so a
// coroutine lambda with captures is safe here. It runs in Share::kQuery.
#pragma once

#include <cstdint>
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

// `function(Core&)` returns io::Task<Result<R>>. All cores run it at the same time; the results
// come in the order of cores. R is moved between threads: it holds nothing of its core.
template <typename R, typename F>
io::Task<std::vector<Result<R>>> on_every_core(Core& here, F function) {
    Engine& engine = here.engine();
    std::vector<io::Task<Result<R>>> running;
    running.reserve(engine.core_count());
    for (std::uint32_t number = 0; number < engine.core_count(); ++number) {
        running.push_back(io::call_on(number, detail::RunOn<R, F>{&engine, number, function}));
    }
    std::vector<Result<R>> results;
    results.reserve(running.size());
    for (auto& task : running) results.push_back(co_await std::move(task));
    co_return results;
}

}  // namespace sluice::engine
