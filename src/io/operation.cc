#include "sluice/io/operation.h"

#include "sluice/io/backend.h"
#include "sluice/io/reactor.h"

namespace sluice::io {

void IoAwaiter::await_suspend(std::coroutine_handle<> self) {
    set_handle(self);
    set_share(current_share());
    backend_.submit(*this);
}

void IoAwaiter::complete(const Completion& completion) {
    result_ = completion.result;
    schedule(*this);
}

}  // namespace sluice::io
