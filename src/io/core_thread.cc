#include "io/core_thread.h"

#include "sluice/base/check.h"
#include "sluice/io/cores.h"

namespace sluice::io {

// std::thread has no way to say how large the stack is to be, and a thread's usual 8 MiB times the
// number of cores counts against the memory of a container.
void CoreThread::start(std::function<void()> main) {
    main_ = std::move(main);
    pthread_attr_t attributes;
    SLUICE_CHECK(pthread_attr_init(&attributes) == 0);
    SLUICE_CHECK(pthread_attr_setstacksize(&attributes, kCoreStackBytes) == 0);
    SLUICE_CHECK(pthread_create(&thread_, &attributes, &run, this) == 0);
    pthread_attr_destroy(&attributes);
}

void CoreThread::join() {
    SLUICE_CHECK(pthread_join(thread_, nullptr) == 0);
}

void* CoreThread::run(void* self) {
    static_cast<CoreThread*>(self)->main_();
    return nullptr;
}

}  // namespace sluice::io
