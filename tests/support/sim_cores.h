// Several cores of one simulated machine in one thread: what io::Cores is to the real one.
//
//     SimWorld world(seed);
//     SimCores cores(world, 3);
//     cores.run([&](Reactor& reactor) { return core_main(reactor); });
//     // or: cores.start(main); cores.run_for(time); SimDisk disk = world.crash();
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim_backend.h"
#include "sluice/io/mailbox.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"

namespace sluice::io {

// After world.crash() it is destroyed under an Abandon of its own: unfinished tasks just vanish.
class SimCores {
public:
    // `guests` are machines beside this one in the same world: each a reactor without mail, where
    // clients run.
    SimCores(SimWorld& world, std::uint32_t count, std::uint32_t guests = 0);
    ~SimCores();

    std::uint32_t count() const { return static_cast<std::uint32_t>(cores_.size()); }
    Reactor& reactor(std::uint32_t core) { return *cores_[core]->reactor; }
    Reactor& guest(std::uint32_t number) { return *guests_[number]->reactor; }

    // After world.crash(): unfinished mains vanish, and what they used may go before the reactors.
    void abandon_mains();

    // Starts `main` on every core; guests run what was started on their reactors.
    void start(const std::function<Task<void>(Reactor&)>& main);
    bool done() const;
    // One turn of every core in random order; with nothing to do the clock moves on, at most to
    // `until_ns`. False if nothing will ever happen, or `until_ns` is reached.
    bool turn(std::int64_t until_ns = kNoDeadline);
    // Until every main is done. Checks that the cores do not wait for each other for ever.
    void run_until_done();
    void run(const std::function<Task<void>(Reactor&)>& main) {
        start(main);
        run_until_done();
    }
    // Until `duration_ns` have passed or every main is done.
    void run_for(std::int64_t duration_ns);

private:
    struct Core {
        explicit Core(SimWorld& world, std::uint32_t core);
        std::unique_ptr<SimBackend> backend;
        std::unique_ptr<Reactor> reactor;
        Task<void> main;
    };

    SimWorld& world_;
    std::vector<std::unique_ptr<Core>> cores_;
    std::vector<std::unique_ptr<Core>> guests_;
    std::vector<Core*> everybody_;
    std::unique_ptr<MailboxHub> mailboxes_;
};

}  // namespace sluice::io
