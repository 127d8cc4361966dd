#include "sluice/io/aside.h"

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "sluice/base/check.h"
#include "sluice/io/limiter.h"
#include "sluice/io/reactor.h"

namespace sluice::io {
namespace {

// Cores go first, if only by a little: whoever waits for a password is a client too.
constexpr int kNiceness = 2;
// A tenth of what a core gets that wants the same CPU. Still less would be so little that what such
// a thread holds, be it only the kernel's lock of the address space, could keep a core waiting.
constexpr int kBackgroundNiceness = 10;

// Lies in the frame of try_thread(), which waits until the thread has done its work and has nothing
// left to do but to end: so no copy is made.
struct Job {
    std::function<void()> work;
    int done_fd;
    int niceness;
    // Orders the work before what follows on the core. The eventfd does so, too, on every CPU there
    // is, but the language knows nothing of it.
    std::atomic<bool> done = false;
};

void* run_job(void* argument) {
    auto* job = static_cast<Job*>(argument);
    // Of this thread alone, on Linux. A core is pinned and its children with it: this one is not.
    (void)setpriority(PRIO_PROCESS, 0, job->niceness);
    cpu_set_t cpus;
    if (sched_getaffinity(getpid(), sizeof cpus, &cpus) == 0) {
        (void)sched_setaffinity(0, sizeof cpus, &cpus);
    }
    const int done_fd = job->done_fd;
    job->work();
    job->done.store(true, std::memory_order_release);
    // `job` is gone once the core has seen this.
    const std::uint64_t one = 1;
    (void)!write(done_fd, &one, sizeof one);
    return nullptr;
}

// The bound is per core, so that the wait for it needs no lock and stays in the core's own order.
Limiter& limiter_of_this_core() {
    static thread_local Limiter limiter(kAsideMax);
    return limiter;
}

// False where there is no descriptor or thread to be had.
Task<bool> try_thread(Reactor& reactor, std::function<void()>& work, Haste haste) {
    const int fd = eventfd(0, EFD_CLOEXEC);
    if (fd < 0) co_return false;
    Job job{std::move(work), fd, haste == Haste::kAwaited ? kNiceness : kBackgroundNiceness};
    pthread_t thread;
    const bool started = pthread_create(&thread, nullptr, &run_job, &job) == 0;
    if (started) {
        // Its end may take long where it gets little of a CPU, and nothing depends on it.
        pthread_detach(thread);
        // A read of the ring, like any other wait of this core: it serves others meanwhile.
        std::uint64_t count = 0;
        IoAwaiter read(reactor.backend(), OperationKind::kRead, fd);
        read.data = reinterpret_cast<const std::byte*>(&count);
        read.length = sizeof count;
        co_await read;
        SLUICE_CHECK(job.done.load(std::memory_order_acquire));
    } else {
        work = std::move(job.work);
    }
    IoAwaiter close(reactor.backend(), OperationKind::kClose, fd);
    co_await close;
    co_return started;
}

}  // namespace

// Without a thread, or in a simulation, the work is done at once: slower for the others, and right.
Task<void> run_on_a_thread(std::function<void()> work, Haste haste) {
    Reactor& reactor = Reactor::current();
    if (reactor.backend().is_real()) {
        Limiter& limiter = limiter_of_this_core();
        co_await limiter.acquire(1);
        const bool done = co_await try_thread(reactor, work, haste);
        limiter.release(1);
        if (done) co_return;
    }
    work();
}

}  // namespace sluice::io
