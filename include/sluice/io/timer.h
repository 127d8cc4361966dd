// A deadline on a reactor's clock: an intrusive node, so that starting one allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace sluice::io {

inline constexpr std::int64_t kNoDeadline = std::numeric_limits<std::int64_t>::max();

// Stays alive and in place while active().
class Timer {
public:
    // `fire` is called from the reactor's loop when the deadline has passed; the timer is inactive
    // by then and may be started again.
    using Function = void (*)(Timer&);

    explicit Timer(Function fire) : fire_(fire) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    bool active() const { return heap_index_ != kInactive; }
    std::int64_t deadline_ns() const { return deadline_ns_; }

private:
    friend class TimerHeap;
    static constexpr std::uint32_t kInactive = ~std::uint32_t{0};

    Function fire_;
    std::int64_t deadline_ns_ = 0;
    std::uint64_t order_ = 0;  // equal deadlines fire in the order they were started
    std::uint32_t heap_index_ = kInactive;
};

// The timers of one reactor: a binary heap that knows each timer's place, so that cancelling is
// O(log n) too.
class TimerHeap {
public:
    bool empty() const { return heap_.empty(); }
    std::size_t size() const { return heap_.size(); }
    // kNoDeadline when empty.
    std::int64_t next_deadline_ns() const {
        return heap_.empty() ? kNoDeadline : heap_[0]->deadline_ns_;
    }
    // Moves an active timer.
    void start(Timer& timer, std::int64_t deadline_ns);
    void cancel(Timer& timer);
    // Fires everything due at `now_ns` and returns how many that were.
    unsigned fire_due(std::int64_t now_ns);

private:
    static bool before(const Timer& a, const Timer& b) {
        return a.deadline_ns_ != b.deadline_ns_ ? a.deadline_ns_ < b.deadline_ns_
                                                : a.order_ < b.order_;
    }
    void place(std::size_t index, Timer& timer);
    void sift_up(std::size_t index);
    void sift_down(std::size_t index);

    std::vector<Timer*> heap_;
    std::uint64_t started_count_ = 0;
};

// These start and stop a timer on this thread's reactor. cancel_timer() does nothing to an inactive
// timer.
void start_timer(Timer& timer, std::int64_t deadline_ns);
void cancel_timer(Timer& timer);

}  // namespace sluice::io
