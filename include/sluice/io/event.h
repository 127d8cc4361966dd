// Wakes tasks of the same core, like a condition variable without a mutex.
//
// A notification reaches the tasks that wait at that moment; it is not remembered. So test the
// condition first and again after each wait: while (queue.empty()) co_await filled.wait();
#pragma once

#include <cstdint>

#include "sluice/io/runnable.h"
#include "sluice/io/timer.h"
#include "sluice/io/wait_list.h"

namespace sluice::io {

// An Event is not destroyed while a task waits for it.
class Event {
public:
    class Waiter;

    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { SLUICE_CHECK(waiters_.empty() || abandoning()); }

    // Completes after the next notification that reaches this waiter.
    Waiter wait();
    // The same, but yields false if `deadline_ns` (Reactor::monotonic_ns) comes first.
    Waiter wait_until(std::int64_t deadline_ns);

    bool has_waiters() const { return !waiters_.empty(); }
    void notify_one();
    void notify_all();

private:
    detail::WaitList<Waiter> waiters_;
};

// The awaiter of wait() and wait_until(). It yields true when it was notified.
class Event::Waiter : public CoroutineRunnable, private Timer {
public:
    Waiter(Event& event, std::int64_t deadline_ns)
        : Timer(&expire), event_(event), deadline_ns_(deadline_ns) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) {
        set_handle(self);
        set_share(current_share());
        event_.waiters_.push_back(*this);
        if (deadline_ns_ != kNoDeadline) start_timer(*this, deadline_ns_);
    }
    bool await_resume() const noexcept { return notified_; }

    Waiter* previous = nullptr;
    Waiter* next = nullptr;

private:
    friend class Event;

    static void expire(Timer& timer) {
        auto& self = static_cast<Waiter&>(timer);
        self.event_.waiters_.remove(self);
        schedule(self);
    }
    void notify() {
        notified_ = true;
        cancel_timer(*this);
        schedule(*this);
    }

    Event& event_;
    std::int64_t deadline_ns_;
    bool notified_ = false;
};

inline Event::Waiter Event::wait() {
    return Waiter(*this, kNoDeadline);
}
inline Event::Waiter Event::wait_until(std::int64_t deadline_ns) {
    return Waiter(*this, deadline_ns);
}
inline void Event::notify_one() {
    if (!waiters_.empty()) waiters_.pop_front().notify();
}
inline void Event::notify_all() {
    while (!waiters_.empty()) waiters_.pop_front().notify();
}

}  // namespace sluice::io
