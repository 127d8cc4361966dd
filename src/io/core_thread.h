// The thread of a core, with a stack of a size that does not depend on the shell that started the
// process.
#pragma once

#include <pthread.h>

#include <functional>

namespace sluice::io {

// Not moved once it runs. It is joined before it is destroyed.
class CoreThread {
public:
    CoreThread() = default;
    CoreThread(const CoreThread&) = delete;
    CoreThread& operator=(const CoreThread&) = delete;

    // Runs `main` on a new thread. A machine that has no thread to give ends the process.
    void start(std::function<void()> main);
    void join();

private:
    static void* run(void* self);

    std::function<void()> main_;
    pthread_t thread_{};
};

}  // namespace sluice::io
