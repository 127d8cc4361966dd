// A Runnable is something that a reactor runs next: an intrusive node that lies in the frame of a
// suspended coroutine.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>

#include "sluice/base/check.h"

namespace sluice::io {

class Reactor;

// The share says for whom a piece of work is done. Each share has a run queue of its own; the
// reactor divides time among those that have work by weight (reactor.cc), so background work is
// slow but never starved.
enum class Share : std::uint8_t { kIngest, kQuery, kBackground };
inline constexpr std::size_t kShareCount = 3;

// Queued at most once at a time; its owner keeps it alive until it has run.
class Runnable {
public:
    using Function = void (*)(Runnable&);

    explicit Runnable(Function function) : run_(function) {}
    Runnable(const Runnable&) = delete;
    Runnable& operator=(const Runnable&) = delete;

    void run() { run_(*this); }
    Share share() const { return share_; }
    void set_share(Share share) { share_ = share; }

private:
    friend class RunQueue;

    Function run_;
    Runnable* next_ = nullptr;
    Share share_ = Share::kIngest;
};

// Resumes a coroutine.
class CoroutineRunnable : public Runnable {
public:
    CoroutineRunnable() : Runnable(&resume) {}
    void set_handle(std::coroutine_handle<> handle) { handle_ = handle; }

private:
    static void resume(Runnable& self) { static_cast<CoroutineRunnable&>(self).handle_.resume(); }

    std::coroutine_handle<> handle_;
};

// First in, first out.
class RunQueue {
public:
    bool empty() const { return first_ == nullptr; }
    void push(Runnable& runnable) {
        runnable.next_ = nullptr;
        (last_ == nullptr ? first_ : last_->next_) = &runnable;
        last_ = &runnable;
    }
    Runnable& pop() {
        Runnable* runnable = first_;
        first_ = runnable->next_;
        if (first_ == nullptr) last_ = nullptr;
        return *runnable;
    }
    void clear() { first_ = last_ = nullptr; }

private:
    Runnable* first_ = nullptr;
    Runnable* last_ = nullptr;
};

namespace detail {
// The reactor whose turn this thread runs. One thread may run several reactors in turn: the
// simulation does.
inline constinit thread_local Reactor* current_reactor = nullptr;
inline constinit thread_local int abandoning_depth = 0;
}  // namespace detail

// Queues `runnable` on this thread's reactor in the runnable's own share.
void schedule(Runnable& runnable);
// The share of the work that runs now.
Share current_share();

// While one lives, unfinished tasks may be destroyed: their process "dies" here. Only simulations
// and the destruction of a reactor that will never run again use it. Destructors that insist on an
// orderly stop ask abandoning() first.
class Abandon {
public:
    Abandon() { ++detail::abandoning_depth; }
    ~Abandon() { --detail::abandoning_depth; }
    Abandon(const Abandon&) = delete;
    Abandon& operator=(const Abandon&) = delete;
};
inline bool abandoning() {
    return detail::abandoning_depth > 0;
}

}  // namespace sluice::io
