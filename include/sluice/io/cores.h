// Starts the product's threads: one per core, each with a ring and a reactor of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::io {

struct CoreOptions {
    std::uint32_t count = 0;  // 0: one per CPU this process may use
    bool pin = true;          // each thread to one CPU of the affinity mask
    // The receive buffers of one core, for bytes that arrive before a receive() asks for them.
    std::uint32_t receive_buffer_count = 512;
    std::uint32_t receive_buffer_bytes = 16 * 1024;
};

// The stack of a core. Only what is touched is memory. Statements are walked recursively, some ten
// thousand levels deep at most (influxql/parser.h); the deepest walk takes about 420 bytes a level
// with GCC 12 and -O3, and some times that in a build with sanitizers.
inline constexpr std::size_t kCoreStackBytes = 32u << 20;

// The number of CPUs in this process's affinity mask.
std::uint32_t usable_cpu_count();

// Made, used and destroyed by the process's main thread, which is not a core.
class Cores {
public:
    // Runs `main` on every core. When all of them have completed the reactors stop; until then each
    // core goes on serving the others. The error says which resource the kernel refused.
    static Result<std::unique_ptr<Cores>> start(CoreOptions options,
                                                std::function<Task<void>(Reactor&)> main);
    // wait() has returned.
    ~Cores();

    std::uint32_t count() const;
    Reactor& reactor(std::uint32_t core);  // its thread-safe members only

    // Reactor::request_stop() on every core; from any thread.
    void request_stop();
    // Waits until every `main` has completed and every thread has ended.
    void wait();

private:
    struct State;
    explicit Cores(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace sluice::io
