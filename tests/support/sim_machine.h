// A simulated machine of one core with its reactor: the short way to run a coroutine in a test.
//
//     SimMachine machine(seed);
//     auto result = machine.run(do_something(machine.reactor()));
//     SimDisk disk = machine.crash();
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "sim_backend.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::io {

// Tasks that are unfinished when it is destroyed must have been destroyed before, under an Abandon.
class SimMachine {
public:
    explicit SimMachine(std::uint64_t seed = 1, SimOptions options = {}, SimDisk disk = SimDisk())
        : backend_(std::make_unique<SimBackend>(seed, options, std::move(disk))),
          reactor_(std::make_unique<Reactor>(*backend_)) {}
    ~SimMachine() {
        Abandon abandon;
        reactor_.reset();
        backend_.reset();
    }

    Reactor& reactor() { return *reactor_; }
    SimBackend& backend() { return *backend_; }
    SimWorld& world() { return backend_->world(); }

    template <class T>
    T run(Task<T> task) {
        return reactor_->run_until_done(std::move(task));
    }
    // At most so many turns; false if the task is not done by then.
    template <class T>
    bool run_turns(Task<T>& task, std::uint64_t turns) {
        for (; turns > 0 && !task.done(); --turns) reactor_->turn(Reactor::Wait::kAllowed);
        return task.done();
    }
    SimDisk crash() { return backend_->crash(); }

private:
    std::unique_ptr<SimBackend> backend_;
    std::unique_ptr<Reactor> reactor_;
};

}  // namespace sluice::io
