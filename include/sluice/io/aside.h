// Work beside the cores: what computes for tens of milliseconds, or asks the C library something
// that blocks.
//
//     const bool good = co_await io::run_aside([hash, password] { return matches(hash, password);
//     });
//
// For rare or long things only (a password, a host name, a piece of a Parquet file): each call
// takes a thread of its own, at low priority and on any CPU, and a core has at most kAsideMax of
// them at work; others wait their turn.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "sluice/io/task.h"

namespace sluice::io {

inline constexpr std::uint64_t kAsideMax = 4;

// Whether somebody waits for the result. What nobody waits for gets little where others want a CPU.
enum class Haste : std::uint8_t { kAwaited, kBackground };

// Completes when `work` has returned, on another thread. Where time is made up (SimBackend), and
// where the system refuses a thread, it runs here.
Task<void> run_on_a_thread(std::function<void()> work, Haste haste = Haste::kAwaited);

// `function` touches nothing of its core; it lives in this frame until it has returned.
template <class F>
auto run_aside(F function, Haste haste = Haste::kAwaited) -> Task<std::invoke_result_t<F&>> {
    std::optional<std::invoke_result_t<F&>> result;
    std::function<void()> work = [&result, &function] { result.emplace(function()); };
    co_await run_on_a_thread(std::move(work), haste);
    co_return std::move(*result);
}

}  // namespace sluice::io
