// A StoreLife is what all parts of one store have in common: the reactor of its core, the options
// it was opened with, its counters, and how it ends.
//
// A part that starts a task hands it to the gate and looks at `stopping` after each wait. Once that
// is set it is never unset, no new task is started, and Store::stop() waits until the gate is
// empty.
#pragma once

#include <utility>

#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/storage/store_metrics.h"
#include "sluice/storage/store_options.h"

namespace sluice::storage {

// It outlives the parts. The gate is destroyed before them, so that tasks of an abandoned store
// find their parts alive.
struct StoreLife {
    StoreLife(io::Reactor& reactor_, StoreOptions options_, io::Gate& gate_)
        : reactor(reactor_), options(std::move(options_)), gate(gate_) {}
    StoreLife(const StoreLife&) = delete;
    StoreLife& operator=(const StoreLife&) = delete;

    io::Reactor& reactor;
    const StoreOptions options;
    StoreMetrics metrics;
    io::Gate& gate;
    bool stopping = false;
    // Notified when heads, appends under way, segments, held merges or a trouble have changed.
    // Whoever waits for room looks again.
    io::Event changed;
};

}  // namespace sluice::storage
