// The loop of one core: runs what is ready, by share, and sleeps in the backend when nothing is.
//
//     io::Reactor reactor(*backend);
//     io::Task<void> main = serve(reactor);   // coroutines start on the reactor's thread
//     reactor.run();                          // until someone calls stop()
#pragma once

#include <array>
#include <atomic>
#include <coroutine>
#include <cstdint>

#include "sluice/base/metrics.h"
#include "sluice/base/units.h"
#include "sluice/io/backend.h"
#include "sluice/io/event.h"
#include "sluice/io/runnable.h"
#include "sluice/io/task.h"
#include "sluice/io/timer.h"

namespace sluice::io {

class MailboxHub;

// The time that one piece of work may take before it should yield. A write meets several slices of
// queries: before its bytes are taken, and before each completion of its log.
inline constexpr std::int64_t kTimeSliceNs = 200 * kMicrosecondNs;
inline constexpr std::int64_t kLongTurnNs = kMillisecondNs;

// Counted by the reactor's core, readable from any.
struct ReactorMetrics {
    Counter turns;
    Counter long_turns;  // beyond kLongTurnNs between two polls
    Counter tasks_run;
    std::array<Counter, kShareCount> busy_ns;  // by share
    Counter idle_ns;
    Histogram turn_ns;  // without the time asleep
};

// Belongs to one thread; stop(), request_stop() and the metrics may be used from any.
class Reactor {
public:
    explicit Reactor(Backend& backend, std::uint32_t core = 0);
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;
    ~Reactor();

    // The reactor that runs on this thread. Outside of run() and turn(), the one made last here.
    static Reactor& current();

    // Runs until stop(), and returns when nothing is left to run after it.
    void run();
    // Runs until `task` is done, and returns its value. Tests and tools use it.
    template <class T>
    T run_until_done(Task<T> task) {
        while (!task.done()) turn(Wait::kAllowed);
        return task.take();
    }
    // One turn of the loop: polls or waits, fires timers, runs each share at most a time slice.
    // Returns whether there was anything to do. run() calls it; simulations do so themselves.
    enum class Wait : std::uint8_t { kAllowed, kNo };
    bool turn(Wait wait);
    bool has_runnable() const;
    std::int64_t next_deadline_ns() const { return timers_.next_deadline_ns(); }

    // Tells everyone to come to an end: wakes sleepers and those who await stop_requested().
    void request_stop();
    bool stopping() const { return stopping_.load(std::memory_order_acquire); }
    // Completes at request_stop().
    Task<void> stop_requested();
    // request_stop(), and run() returns. Tasks that are still unfinished then are the caller's
    // trouble: close gates first.
    void stop();

    // Cached once per turn; for deadlines and ages.
    std::int64_t monotonic_ns() const { return now_ns_; }
    std::int64_t precise_ns() { return backend_.monotonic_ns(); }
    std::int64_t wall_ns() { return backend_.wall_ns(); }

    // co_await reactor.yield(): goes to the back of its share's queue.
    class Yield;
    Yield yield();
    // True when the running task has used up its time slice.
    bool needs_yield() { return backend_.monotonic_ns() - slice_begin_ns_ >= kTimeSliceNs; }
    // `co_await reactor.switch_to(share)` goes on in another share, and so does the I/O that is
    // started then. The one that awaits the task stays in its own share.
    Yield switch_to(Share share);
    // Yields false if a stop was requested before `duration_ns` had passed.
    class Sleep;
    Sleep sleep_ns(std::int64_t duration_ns);

    Share share() const { return share_; }
    void schedule(Runnable& runnable) {
        queues_[static_cast<std::size_t>(runnable.share())].push(runnable);
    }
    TimerHeap& timers() { return timers_; }
    Backend& backend() { return backend_; }
    std::uint32_t core() const { return core_; }
    const ReactorMetrics& metrics() const { return metrics_; }

    // The mail between cores; null for a reactor that stands alone.
    MailboxHub* mailboxes() { return mailboxes_; }
    void set_mailboxes(MailboxHub* mailboxes) { mailboxes_ = mailboxes; }

private:
    friend class Sleep;

    bool expects_mail() const;
    void look_for_mail();
    bool run_share(std::size_t index);
    bool run_queues();
    bool stop_pending() const;
    void announce_stop();
    void note_long_turn(std::int64_t busy_ns);

    Backend& backend_;
    const std::uint32_t core_;
    Share share_ = Share::kIngest;
    bool stop_announced_ = false;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> stopped_{false};
    std::int64_t now_ns_ = 0;
    std::int64_t slice_begin_ns_ = 0;
    // Of the turns that are worth a warning, since the last one.
    std::int64_t last_report_ns_ = 0;
    std::int64_t longest_turn_ns_ = 0;
    std::uint64_t stalls_ = 0;
    std::array<RunQueue, kShareCount> queues_;
    // Weighted time each share has had (stride scheduling: the least goes first).
    std::array<std::int64_t, kShareCount> virtual_ns_{};
    std::int64_t virtual_now_ns_ = 0;
    std::size_t last_share_ = 0;
    TimerHeap timers_;
    detail::WaitList<Sleep> sleepers_;
    Event stop_event_;
    MailboxHub* mailboxes_ = nullptr;
    Reactor* outer_ = nullptr;
    ReactorMetrics metrics_;
};

class Reactor::Yield : public CoroutineRunnable {
public:
    Yield(Reactor& reactor, Share share, bool ready) : reactor_(reactor), ready_(ready) {
        set_share(share);
    }
    bool await_ready() const noexcept { return ready_; }
    void await_suspend(std::coroutine_handle<> self) {
        set_handle(self);
        reactor_.schedule(*this);
    }
    void await_resume() const noexcept {}

private:
    Reactor& reactor_;
    bool ready_;
};

class Reactor::Sleep : public CoroutineRunnable, private Timer {
public:
    Sleep(Reactor& reactor, std::int64_t duration_ns)
        : Timer(&expire), reactor_(reactor), duration_ns_(duration_ns) {}
    bool await_ready() const noexcept { return reactor_.stopping(); }
    void await_suspend(std::coroutine_handle<> self);
    bool await_resume() const noexcept { return slept_; }

    Sleep* previous = nullptr;
    Sleep* next = nullptr;

private:
    friend class Reactor;
    static void expire(Timer& timer);

    Reactor& reactor_;
    std::int64_t duration_ns_;
    bool slept_ = false;
};

inline Reactor::Yield Reactor::yield() {
    return Yield(*this, share_, false);
}
inline Reactor::Yield Reactor::switch_to(Share share) {
    return Yield(*this, share, share == share_);
}
inline Reactor::Sleep Reactor::sleep_ns(std::int64_t duration_ns) {
    return Sleep(*this, duration_ns);
}

inline void schedule(Runnable& runnable) {
    detail::current_reactor->schedule(runnable);
}
inline Share current_share() {
    return detail::current_reactor->share();
}
inline void start_timer(Timer& timer, std::int64_t deadline_ns) {
    detail::current_reactor->timers().start(timer, deadline_ns);
}
inline void cancel_timer(Timer& timer) {
    detail::current_reactor->timers().cancel(timer);
}
inline Reactor& Reactor::current() {
    SLUICE_CHECK(detail::current_reactor != nullptr);
    return *detail::current_reactor;
}

}  // namespace sluice::io
