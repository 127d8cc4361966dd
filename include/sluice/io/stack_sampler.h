// Stacks of this thread, taken by a signal: where it spends its time, or where it is now.
//
// SIGPROF comes from a timer of the thread's CPU time, or is sent by poke(). Its handler follows
// the frame pointers, which everything of ours keeps, and writes to memory that was made before;
// where no sampler is armed it does nothing. A system call that is under way is interrupted, and
// the loop tries again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::io {

struct StackSample {
    static constexpr std::size_t kFramesMax = 63;
    // Addresses of instructions, the innermost first; of callers, that behind the call.
    std::array<std::uintptr_t, kFramesMax> frames;
    std::uint64_t depth = 0;
};

// Made, used and destroyed on one thread, but for poke(). Of a thread there is one at a time.
class StackSampler {
public:
    // Keeps `samples_max` at most, and counts what is beyond. kConflict: there is one already.
    static Result<std::unique_ptr<StackSampler>> arm(std::size_t samples_max);
    StackSampler(const StackSampler&) = delete;
    StackSampler& operator=(const StackSampler&) = delete;
    ~StackSampler();

    // A sample for each `period_ns` of CPU time, from now on.
    Result<void> start_timer(std::int64_t period_ns);
    // Asks for a sample now; on any thread.
    void poke() const;

    // Those so far. The signal may come meanwhile.
    std::vector<StackSample> samples() const;
    std::uint64_t lost() const;

private:
    struct State;
    explicit StackSampler(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace sluice::io
