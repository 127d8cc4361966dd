// Keeps background tasks until they end: nothing in Sluice is detached.
#pragma once

#include <cstddef>
#include <utility>

#include "sluice/io/event.h"
#include "sluice/io/task.h"

namespace sluice::io {

// A Gate belongs to one core. close() completes before destruction.
class Gate {
public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() {
        SLUICE_CHECK(count_ == 0 || abandoning());
        while (!entries_.empty()) delete &entries_.pop_front();
    }

    // Takes over a task that has just been started. Not after close(): check closed() first.
    void spawn(Task<void> task) {
        SLUICE_CHECK(!closed_);
        if (task.done()) return;
        auto* entry = new Entry(*this, std::move(task));
        entries_.push_back(*entry);
        ++count_;
    }

    bool closed() const { return closed_; }
    std::size_t count() const { return count_; }

    // Refuses new tasks and completes when all have ended. Called once.
    Task<void> close() {
        closed_ = true;
        while (count_ > 0) co_await ended_.wait();
    }

private:
    struct Entry : Runnable {
        Entry(Gate& gate_, Task<void> task_)
            : Runnable(&finish), gate(gate_), task(std::move(task_)) {
            set_share(current_share());
            task.set_waiter(*this);
        }
        static void finish(Runnable& runnable) {
            auto& entry = static_cast<Entry&>(runnable);
            Gate& gate = entry.gate;
            gate.entries_.remove(entry);
            delete &entry;
            --gate.count_;
            gate.ended_.notify_all();
        }

        Gate& gate;
        Task<void> task;
        Entry* previous = nullptr;
        Entry* next = nullptr;
    };

    detail::WaitList<Entry> entries_;
    std::size_t count_ = 0;
    bool closed_ = false;
    Event ended_;
};

}  // namespace sluice::io
