// Coroutines of one core: eager, move-only, awaited at most once.
//
// A Task starts at once. If it finished without suspending, co_await takes its value without a
// detour; otherwise the awaiter resumes through the reactor's run queue, in the share it awaited
// in. That is Seastar's scheme; symmetric transfer is not used because GCC 12 makes it a tail call
// only when optimising.
//
// Parameters are taken by value, or refer to something that outlives the task. After a co_await
// the world may have changed.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/io/frame_cache.h"
#include "sluice/io/runnable.h"

namespace sluice::io {

template <class T>
class Task;

namespace detail {

class TaskPromiseBase {
public:
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) { free_frame(frame, size); }

    std::suspend_never initial_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }

    struct FinalAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            if (Runnable* waiter = self.promise().waiter_) schedule(*waiter);
        }
        void await_resume() const noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }

    void set_waiter(Runnable& waiter) {
        SLUICE_CHECK(waiter_ == nullptr);
        waiter_ = &waiter;
    }

private:
    Runnable* waiter_ = nullptr;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
public:
    Task<T> get_return_object() noexcept;
    template <class U>
    requires std::is_constructible_v<T, U&&>
    void return_value(U&& value) { value_.emplace(std::forward<U>(value)); }
    T take() {
        SLUICE_CHECK(value_.has_value());
        return std::move(*value_);
    }

private:
    std::optional<T> value_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
public:
    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
    void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;
    using value_type = T;

    Task() = default;
    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            reset();
            handle_ = std::exchange(other.handle_, {});
        }
        return *this;
    }
    // An unfinished task must not be destroyed: the kernel or a queue may still refer to its frame.
    ~Task() { reset(); }

    // Returns false for an empty Task: one that was default-constructed or moved from.
    explicit operator bool() const { return static_cast<bool>(handle_); }
    bool done() const { return handle_ && handle_.done(); }
    // Returns the value of a finished task. It is called once.
    T take() {
        SLUICE_CHECK(done());
        return handle_.promise().take();
    }
    // `waiter` is scheduled when the task ends; not for a task that is done or awaited.
    void set_waiter(Runnable& waiter) { handle_.promise().set_waiter(waiter); }

    class Awaiter : public CoroutineRunnable {
    public:
        explicit Awaiter(Handle task) : task_(task) {}
        bool await_ready() const noexcept { return task_.done(); }
        void await_suspend(std::coroutine_handle<> self) {
            set_handle(self);
            set_share(current_share());
            task_.promise().set_waiter(*this);
        }
        T await_resume() { return task_.promise().take(); }

    private:
        Handle task_;
    };
    Awaiter operator co_await() const {
        SLUICE_CHECK(handle_);
        return Awaiter(handle_);
    }

private:
    void reset() {
        if (!handle_) return;
        SLUICE_CHECK(handle_.done() || abandoning());
        std::exchange(handle_, {}).destroy();
    }

    Handle handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

}  // namespace detail
}  // namespace sluice::io
