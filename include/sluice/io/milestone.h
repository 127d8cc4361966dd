// A fact that becomes true once, made known to every thread.
#pragma once

#include <atomic>

namespace sluice::io {

// Everything that a thread wrote before reach() is seen by every thread that finds reached() true.
class Milestone {
public:
    void reach() { reached_.store(true, std::memory_order_release); }
    bool reached() const { return reached_.load(std::memory_order_acquire); }

private:
    std::atomic<bool> reached_{false};
};

}  // namespace sluice::io
