#include "sluice/io/operation.h"

#include "sluice/io/backend.h"
#include "sluice/io/reactor.h"

namespace sluice::io {

// The awaiter lies in the frame of the coroutine that awaits it, so the kernel's pointer to it is
// good until the coroutine is resumed, which only complete() does. A frame is never destroyed while
// it is suspended here, but for a simulated crash.
void IoAwaiter::await_suspend(std::coroutine_handle<> self) {
    set_handle(self);
    set_share(current_share());
    backend_.submit(*this);
}

// Called from within the backend's turn: it queues the coroutine and does not resume it, or that
// could submit and complete further operations while completions are still being read.
void IoAwaiter::complete(const Completion& completion) {
    result_ = completion.result;
    schedule(*this);
}

}  // namespace sluice::io
