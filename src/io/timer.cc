#include "sluice/io/timer.h"

#include "sluice/base/check.h"
#include "sluice/io/runnable.h"

namespace sluice::io {

// A binary heap by deadline, and among equal deadlines by the order of starting, so that a
// simulation fires timers in the same order each time. Each timer knows its place: cancel() needs
// no search, which matters because nearly every timer of a connection is cancelled.
void TimerHeap::place(std::size_t index, Timer& timer) {
    heap_[index] = &timer;
    timer.heap_index_ = static_cast<std::uint32_t>(index);
}

void TimerHeap::sift_up(std::size_t index) {
    Timer& timer = *heap_[index];
    while (index > 0) {
        const std::size_t parent = (index - 1) / 2;
        if (!before(timer, *heap_[parent])) break;
        place(index, *heap_[parent]);
        index = parent;
    }
    place(index, timer);
}

void TimerHeap::sift_down(std::size_t index) {
    Timer& timer = *heap_[index];
    for (;;) {
        std::size_t child = 2 * index + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
        if (!before(*heap_[child], timer)) break;
        place(index, *heap_[child]);
        index = child;
    }
    place(index, timer);
}

void TimerHeap::start(Timer& timer, std::int64_t deadline_ns) {
    if (timer.active()) cancel(timer);
    timer.deadline_ns_ = deadline_ns;
    timer.order_ = started_count_++;
    heap_.push_back(&timer);
    sift_up(heap_.size() - 1);
}

void TimerHeap::cancel(Timer& timer) {
    if (!timer.active()) return;
    if (abandoning()) {
        // The reactor that is current need not be the one whose heap this is, and fires nothing.
        timer.heap_index_ = Timer::kInactive;
        return;
    }
    const std::size_t index = timer.heap_index_;
    SLUICE_CHECK(index < heap_.size() && heap_[index] == &timer);
    timer.heap_index_ = Timer::kInactive;
    Timer& last = *heap_.back();
    heap_.pop_back();
    if (&last == &timer) return;
    // The last one takes the free place, and may have to move either way from there: it comes from
    // another branch of the heap.
    place(index, last);
    sift_up(index);
    sift_down(last.heap_index_);
}

unsigned TimerHeap::fire_due(std::int64_t now_ns) {
    unsigned fired = 0;
    // A timer that its own function starts again waits for the next turn.
    const std::uint64_t started_before = started_count_;
    while (!heap_.empty() && heap_[0]->deadline_ns_ <= now_ns &&
           heap_[0]->order_ < started_before) {
        Timer& timer = *heap_[0];
        // Out of the heap before it fires: its function may start it again, or destroy it.
        cancel(timer);
        timer.fire_(timer);
        ++fired;
    }
    return fired;
}

}  // namespace sluice::io
