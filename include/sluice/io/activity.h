// An Activity names what a core is busy with, for the line that a long turn gets in the log.
//
//     const io::Activity activity("parse a body");
//
// It lasts until the end of its block, in which nothing is awaited. It is for work that may take a
// while only, because it reads the clock twice.
#pragma once

#include <cstdint>

#include "sluice/io/reactor.h"

namespace sluice::io {

namespace detail {

// The longest activity of the turn at hand.
struct TurnCause {
    const char* what = nullptr;
    std::int64_t took_ns = 0;
};
inline constinit thread_local TurnCause turn_cause;

}  // namespace detail

class Activity {
public:
    // `what` is a literal.
    explicit Activity(const char* what) : what_(what), began_ns_(Reactor::current().precise_ns()) {}
    Activity(const Activity&) = delete;
    Activity& operator=(const Activity&) = delete;
    ~Activity() {
        const std::int64_t took_ns = Reactor::current().precise_ns() - began_ns_;
        if (took_ns > detail::turn_cause.took_ns) detail::turn_cause = {what_, took_ns};
    }

private:
    const char* what_;
    std::int64_t began_ns_;
};

}  // namespace sluice::io
