// A counting semaphore in units, usually bytes: bounds what is in flight on one core.
#pragma once

#include <cstdint>

#include "sluice/io/runnable.h"
#include "sluice/io/wait_list.h"

namespace sluice::io {

// Strictly first come, first served: a large request is not overtaken by small ones.
class Limiter {
public:
    class Waiter;

    explicit Limiter(std::uint64_t capacity) : capacity_(capacity), available_(capacity) {}
    Limiter(const Limiter&) = delete;
    Limiter& operator=(const Limiter&) = delete;
    ~Limiter() { SLUICE_CHECK(waiters_.empty() || abandoning()); }

    std::uint64_t capacity() const { return capacity_; }
    std::uint64_t available() const { return available_; }
    bool has_waiters() const { return !waiters_.empty(); }

    // `units` is at most capacity(); to be given back by release().
    Waiter acquire(std::uint64_t units);
    bool try_acquire(std::uint64_t units) {
        if (!waiters_.empty() || units > available_) return false;
        available_ -= units;
        return true;
    }
    void release(std::uint64_t units);

private:
    detail::WaitList<Waiter> waiters_;
    std::uint64_t capacity_;
    std::uint64_t available_;
};

class Limiter::Waiter : public CoroutineRunnable {
public:
    Waiter(Limiter& limiter, std::uint64_t units) : limiter_(limiter), units_(units) {
        SLUICE_CHECK(units <= limiter.capacity_);
    }
    bool await_ready() { return limiter_.try_acquire(units_); }
    void await_suspend(std::coroutine_handle<> self) {
        set_handle(self);
        set_share(current_share());
        limiter_.waiters_.push_back(*this);
    }
    void await_resume() const noexcept {}

    Waiter* previous = nullptr;
    Waiter* next = nullptr;

private:
    friend class Limiter;

    Limiter& limiter_;
    std::uint64_t units_;
};

inline Limiter::Waiter Limiter::acquire(std::uint64_t units) {
    return Waiter(*this, units);
}

inline void Limiter::release(std::uint64_t units) {
    available_ += units;
    SLUICE_CHECK(available_ <= capacity_);
    while (!waiters_.empty() && waiters_.first()->units_ <= available_) {
        Waiter& waiter = waiters_.pop_front();
        available_ -= waiter.units_;
        schedule(waiter);
    }
}

}  // namespace sluice::io
