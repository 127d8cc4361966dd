#include "sluice/io/stack_sampler.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "sluice/base/units.h"

namespace sluice::io {

struct StackSampler::State {
    pid_t thread = 0;
    std::uintptr_t stack_low = 0;
    std::uintptr_t stack_high = 0;
    std::vector<StackSample> samples;  // all of its size; `used` counts
    // Written by the handler, on the same thread.
    std::atomic<std::size_t> used{0};
    std::atomic<std::uint64_t> lost{0};
    timer_t timer = nullptr;
    bool has_timer = false;

    void record(std::uintptr_t pc, std::uintptr_t frame);
};

namespace {

// A thread's own, read by the handler that interrupts it. Lock-free, so safe in a signal.
thread_local std::atomic<void*> armed{nullptr};

struct Place {
    std::uintptr_t pc;
    std::uintptr_t frame;
};

Place place_in(const ucontext_t& context) {
#if defined(__x86_64__)
    return {static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]),
            static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RBP])};
#elif defined(__aarch64__)
    return {static_cast<std::uintptr_t>(context.uc_mcontext.pc),
            static_cast<std::uintptr_t>(context.uc_mcontext.regs[29])};
#else
    (void)context;
    return {0, 0};
#endif
}

}  // namespace

// A frame begins with the caller's frame and the address behind the call. What a library without
// frame pointers left in the register is no place in the stack, or leads to none above.
void StackSampler::State::record(std::uintptr_t pc, std::uintptr_t frame) {
    const std::size_t index = used.load(std::memory_order_relaxed);
    if (index >= samples.size() || pc == 0) {
        lost.store(lost.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return;
    }
    StackSample& sample = samples[index];
    sample.depth = 0;
    sample.frames[sample.depth++] = pc;
    while (sample.depth < StackSample::kFramesMax && frame >= stack_low &&
           frame + 2 * sizeof(std::uintptr_t) <= stack_high &&
           frame % alignof(std::uintptr_t) == 0) {
        const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame);
        if (words[1] == 0) break;
        sample.frames[sample.depth++] = words[1];
        if (words[0] <= frame) break;
        frame = words[0];
    }
    used.store(index + 1, std::memory_order_release);
}

namespace {

template <typename State>
void on_signal(int, siginfo_t*, void* context) {
    const int os_error = errno;
    auto* const state = static_cast<State*>(armed.load(std::memory_order_relaxed));
    if (state != nullptr) {
        const Place place = place_in(*static_cast<const ucontext_t*>(context));
        state->record(place.pc, place.frame);
    }
    errno = os_error;
}

void find_stack(std::uintptr_t& low, std::uintptr_t& high) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    void* begin = nullptr;
    std::size_t bytes = 0;
    if (pthread_attr_getstack(&attributes, &begin, &bytes) == 0) {
        low = reinterpret_cast<std::uintptr_t>(begin);
        high = low + bytes;
    }
    pthread_attr_destroy(&attributes);
}

}  // namespace

StackSampler::StackSampler(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<StackSampler>> StackSampler::arm(std::size_t samples_max) {
    if (armed.load() != nullptr) {
        return Error{ErrorKind::kConflict, "stacks of this thread are being sampled already"};
    }
    // It stays: a signal may still be on its way when a sampler is gone.
    struct sigaction action = {};
    action.sa_sigaction = &on_signal<State>;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    if (sigaction(SIGPROF, &action, nullptr) != 0) return os_failure(errno, "handle SIGPROF");
    // Cores begin with all signals blocked. This one stays open: its handler is there from now on.
    sigset_t open;
    sigemptyset(&open);
    sigaddset(&open, SIGPROF);
    pthread_sigmask(SIG_UNBLOCK, &open, nullptr);
    auto state = std::make_unique<State>();
    state->thread = static_cast<pid_t>(syscall(SYS_gettid));
    find_stack(state->stack_low, state->stack_high);
    state->samples.resize(samples_max);
    armed.store(state.get());
    return std::unique_ptr<StackSampler>(new StackSampler(std::move(state)));
}

StackSampler::~StackSampler() {
    armed.store(nullptr);
    if (state_->has_timer) timer_delete(state_->timer);
}

Result<void> StackSampler::start_timer(std::int64_t period_ns) {
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = state_->thread;  // glibc has no other name for it before 2.39
    if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &state_->timer) != 0) {
        return os_failure(errno, "make a timer of CPU time");
    }
    state_->has_timer = true;
    itimerspec times = {};
    times.it_interval = {period_ns / kSecondNs, period_ns % kSecondNs};
    times.it_value = times.it_interval;
    if (timer_settime(state_->timer, 0, &times, nullptr) != 0) {
        return os_failure(errno, "start a timer of CPU time");
    }
    return {};
}

void StackSampler::poke() const {
    (void)syscall(SYS_tgkill, getpid(), state_->thread, SIGPROF);
}

std::vector<StackSample> StackSampler::samples() const {
    const std::size_t used = state_->used.load(std::memory_order_acquire);
    return {state_->samples.begin(), state_->samples.begin() + static_cast<std::ptrdiff_t>(used)};
}

std::uint64_t StackSampler::lost() const {
    return state_->lost.load();
}

}  // namespace sluice::io
