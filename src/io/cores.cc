#include "sluice/io/cores.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/core_thread.h"
#include "sluice/base/check.h"
#include "sluice/io/frame_cache.h"
#include "sluice/io/mailbox.h"
#include "sluice/io/uring_backend.h"

namespace sluice::io {

namespace {

// Those the process may use, not those the machine has: a container or taskset gives fewer, and two
// cores on one CPU would spin against each other.
std::vector<int> usable_cpus() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    std::vector<int> cpus;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0) {
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
        }
    }
    if (cpus.empty()) cpus.push_back(0);
    return cpus;
}

void pin_to(int cpu) {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    CPU_SET(cpu, &mask);
    // Refused only when the mask has changed meanwhile; the thread then runs unpinned.
    pthread_setaffinity_np(pthread_self(), sizeof mask, &mask);
}

// Signals are the main thread's: what it starts inherits a mask that blocks them.
class BlockedSignals {
public:
    BlockedSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

}  // namespace

std::uint32_t usable_cpu_count() {
    return static_cast<std::uint32_t>(usable_cpus().size());
}

// Threads meet three times: all rings are made before anybody runs, every main has completed before
// anybody stops, and all have stopped before anything that others may wake is destroyed. The mutex
// guards those meetings only.
struct Cores::State {
    struct Core {
        CoreThread thread;
        std::unique_ptr<Backend> backend;
        std::unique_ptr<Reactor> reactor;
    };

    State(CoreOptions options_, std::uint32_t count, std::function<Task<void>(Reactor&)> main_)
        : options(options_), main(std::move(main_)), cores(count), mailboxes(count) {}

    void run_thread(std::uint32_t index, int cpu);
    Task<void> run_main(Reactor& reactor);
    // A barrier; each counter is used for one meeting. The lock is held before and after, and what
    // was written under it before a meeting is seen by all behind it.
    void arrive(std::unique_lock<std::mutex>& lock, std::uint32_t& arrived) {
        ++arrived;
        changed.notify_all();
        changed.wait(lock, [&] { return arrived == cores.size(); });
    }

    const CoreOptions options;
    const std::function<Task<void>(Reactor&)> main;
    std::vector<Core> cores;
    MailboxHub mailboxes;

    std::mutex mutex;
    std::condition_variable changed;
    std::uint32_t made = 0;
    std::uint32_t finished = 0;
    std::uint32_t stopped = 0;
    std::optional<Error> error;
    bool started = false;
    bool joined = false;
};

// A core whose main is done goes on running: others may still ask it something. The last one to be
// done stops all of them.
Task<void> Cores::State::run_main(Reactor& reactor) {
    co_await main(reactor);
    bool last = false;
    {
        const std::lock_guard lock(mutex);
        last = ++finished == cores.size();
    }
    if (!last) co_return;
    for (Core& core : cores) core.reactor->stop();
}

void Cores::State::run_thread(std::uint32_t index, int cpu) {
    if (options.pin) pin_to(cpu);
    const std::string name = "sluice-core-" + std::to_string(index);
    pthread_setname_np(pthread_self(), name.c_str());
    UringOptions uring;
    uring.receive_buffer_count = options.receive_buffer_count;
    uring.receive_buffer_bytes = options.receive_buffer_bytes;
    // A ring belongs to the thread that makes it.
    Result<std::unique_ptr<Backend>> backend = make_uring_backend(uring);
    Core& core = cores[index];
    {
        std::unique_lock lock(mutex);
        if (backend.ok()) {
            core.backend = std::move(*backend);
            core.reactor = std::make_unique<Reactor>(*core.backend, index);
            mailboxes.attach(*core.reactor);
        } else if (!error.has_value()) {
            error = std::move(backend).error();
        }
        arrive(lock, made);
        if (!error.has_value()) {
            lock.unlock();
            Task<void> task = run_main(*core.reactor);
            core.reactor->run();
            SLUICE_CHECK(task.done());
            lock.lock();
        }
        arrive(lock, stopped);
    }
    // Nobody sends or wakes any more, so each thread may take down what it made.
    core.reactor.reset();
    core.backend.reset();
    detail::drain_frame_cache();
}

Result<std::unique_ptr<Cores>> Cores::start(CoreOptions options,
                                            std::function<Task<void>(Reactor&)> main) {
    const std::vector<int> cpus = usable_cpus();
    const auto count = options.count == 0 ? static_cast<std::uint32_t>(cpus.size()) : options.count;
    SLUICE_CHECK(count != 0);
    auto state = std::make_unique<State>(options, count, std::move(main));
    State& shared = *state;
    {
        const BlockedSignals blocked;
        for (std::uint32_t i = 0; i < count; ++i) {
            shared.cores[i].thread.start(
                [&shared, i, cpu = cpus[i % cpus.size()]] { shared.run_thread(i, cpu); });
        }
    }
    // One ring that cannot be made ends all of them: the threads meet all the same, run nothing,
    // and are joined here.
    std::unique_ptr<Cores> cores(new Cores(std::move(state)));
    std::unique_lock lock(shared.mutex);
    shared.changed.wait(lock, [&] { return shared.made == count; });
    if (!shared.error.has_value()) return cores;
    lock.unlock();
    cores->wait();
    return *std::move(shared.error);
}

Cores::Cores(std::unique_ptr<State> state) : state_(std::move(state)) {}

Cores::~Cores() {
    SLUICE_CHECK(state_->joined);
}

std::uint32_t Cores::count() const {
    return static_cast<std::uint32_t>(state_->cores.size());
}

Reactor& Cores::reactor(std::uint32_t core) {
    return *state_->cores[core].reactor;
}

// Under the mutex, so that the reactors cannot go away meanwhile.
void Cores::request_stop() {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopped > 0) return;
    for (State::Core& core : state_->cores) core.reactor->request_stop();
}

void Cores::wait() {
    if (state_->joined) return;
    for (State::Core& core : state_->cores) core.thread.join();
    state_->joined = true;
}

}  // namespace sluice::io
