// Work for another core: a function travels there, its value travels back.
//
//     auto answer = co_await io::call_on(0, [name] { return catalog().find(name); });
//
// A message lies in the frame of the coroutine that awaits its answer, so nothing is copied and
// nothing is allocated. Between each pair of cores runs a bounded ring with one producer and one
// consumer; when it is full the caller waits. A sleeping core is woken, a busy one finds its mail
// in its next turn, and one that has just asked another looks for the answer before it sleeps.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/io/runnable.h"
#include "sluice/io/task.h"
#include "sluice/io/wait_list.h"

namespace sluice::io {

// Runs on the core it was sent to, in its share. Alive until it has come back or been consumed.
class Message : public Runnable {
public:
    // Ends a message that nobody will run; nullptr: it lies in its sender's frame.
    using Discard = void (*)(Message&);

    Message(Function function, std::uint32_t from_, std::uint32_t to_, Discard discard_ = nullptr)
        : Runnable(function), from(from_), to(to_), discard(discard_) {}

    const std::uint32_t from;
    const std::uint32_t to;
    const Discard discard;
    // Links of the list that the message is in: the sender's overflow list, and later the
    // receiver's list of messages to discard.
    Message* previous = nullptr;
    Message* next = nullptr;
};

// The rings between all cores of one process.
class MailboxHub {
public:
    explicit MailboxHub(std::uint32_t core_count);
    ~MailboxHub();

    std::uint32_t core_count() const { return static_cast<std::uint32_t>(cores_.size()); }

    // Makes a reactor known, before any core runs. Reactors outlive the hub's last send.
    void attach(Reactor& reactor);

    // Sends a message; it is called on the thread of core `from`. Messages between two cores arrive
    // in order.
    void send(std::uint32_t from, std::uint32_t to, Message& message);
    // These count the messages of `core` that are to come back: one has been sent, or one has come.
    void asked(std::uint32_t core);
    void answered(std::uint32_t core);
    // Keeps a task that serves a message on `core`, called there.
    void keep(std::uint32_t core, Task<void> task);
    // A message with a `discard` runs now, on its receiver's thread.
    void begun(Message& message);

    // Frees the messages on their way that nobody awaits. No core runs any more; frames that await
    // an answer still exist. The destructor does it, too.
    void discard_mail();

    // The reactor of `core` calls these.
    bool deliver(Reactor& reactor);  // whether anything arrived
    bool has_mail(std::uint32_t core) const;
    // Returns until when it is worth while to look for an answer before sleeping, or 0 if none is
    // due.
    std::int64_t expected_until_ns(std::uint32_t core) const;
    bool prepare_to_sleep(std::uint32_t core);  // false: mail has come in, do not sleep
    void awake(std::uint32_t core);

private:
    class Ring;
    struct Box;

    bool push(std::uint32_t from, std::uint32_t to, Message& message);
    Ring& ring(std::uint32_t from, std::uint32_t to);

    std::vector<std::unique_ptr<Box>> cores_;
    std::vector<std::unique_ptr<Ring>> rings_;
};

namespace detail {

template <class T>
struct CallValue {
    using type = T;
    static constexpr bool is_task = false;
};
template <class T>
struct CallValue<Task<T>> {
    using type = T;
    static constexpr bool is_task = true;
};

// A value, or the fact that a void function has returned.
template <class T>
class CallSlot {
public:
    void set(T value) { value_.emplace(std::move(value)); }
    T take() { return std::move(*value_); }

private:
    std::optional<T> value_;
};
template <>
class CallSlot<void> {
public:
    void take() {}
};

template <class F>
class Call : public Message {
public:
    using Value = typename CallValue<std::invoke_result_t<F&>>::type;
    static constexpr bool kIsTask = CallValue<std::invoke_result_t<F&>>::is_task;

    Call(MailboxHub& hub, std::uint32_t from_, std::uint32_t to_, F& function)
        : Message(&arrive, from_, to_), hub_(hub), function_(function) {
        set_share(current_share());
    }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
        caller_ = caller;
        hub_.asked(from);
        hub_.send(from, to, *this);
    }
    Value await_resume() { return value_.take(); }

private:
    static void arrive(Runnable& runnable) {
        auto& self = static_cast<Call&>(runnable);
        if (self.answered_) {
            self.hub_.answered(self.from);
            self.caller_.resume();
        } else if constexpr (kIsTask) {
            // Once the task has answered, the other core may have ended its caller and `self` with
            // it: the task begins at once, and may be done at once.
            MailboxHub& hub = self.hub_;
            const std::uint32_t core = self.to;
            hub.keep(core, serve(self));
        } else {
            if constexpr (std::is_void_v<Value>) {
                self.function_();
            } else {
                self.value_.set(self.function_());
            }
            self.answer();
        }
    }
    // `self` lies in the caller's frame, which is suspended until answer() has sent it home.
    static Task<void> serve(Call& self) {
        if constexpr (std::is_void_v<Value>) {
            co_await self.function_();
        } else {
            self.value_.set(co_await self.function_());
        }
        self.answer();
    }
    void answer() {
        answered_ = true;
        hub_.send(to, from, *this);
    }

    MailboxHub& hub_;
    F& function_;
    std::coroutine_handle<> caller_;
    CallSlot<Value> value_;
    bool answered_ = false;
};

// Runs a function on another core and deletes itself there.
template <class F>
class Post : public Message {
public:
    Post(MailboxHub& hub, std::uint32_t from_, std::uint32_t to_, F function)
        : Message(&arrive, from_, to_, &drop), hub_(hub), function_(std::move(function)) {
        set_share(current_share());
    }

private:
    static void drop(Message& message) { delete &static_cast<Post&>(message); }
    static void arrive(Runnable& runnable) {
        std::unique_ptr<Post> self(&static_cast<Post&>(runnable));
        self->hub_.begun(*self);
        if constexpr (CallValue<std::invoke_result_t<F&>>::is_task) {
            MailboxHub& hub = self->hub_;
            const std::uint32_t core = self->to;
            hub.keep(core, serve(std::move(self)));
        } else {
            self->function_();
        }
    }
    static Task<void> serve(std::unique_ptr<Post> self) { co_await self->function_(); }

    MailboxHub& hub_;
    F function_;
};

}  // namespace detail

// Runs `function` (plain, or a coroutine that returns a Task) on `core` and completes with its
// value. It is kept in this frame meanwhile; the other core only refers to it. On the caller's own
// core it runs at once.
template <class F>
auto call_on(std::uint32_t core, F function) -> Task<typename detail::Call<F>::Value> {
    Reactor& here = Reactor::current();
    if (core == here.core()) {
        if constexpr (detail::Call<F>::kIsTask) {
            co_return co_await function();
        } else {
            co_return function();
        }
    }
    SLUICE_CHECK(here.mailboxes() != nullptr);
    detail::Call<F> call(*here.mailboxes(), here.core(), core, function);
    co_return co_await call;
}

// The same without an answer, and without waiting: for notices that are rare. The function is
// destroyed on the other core.
template <class F>
void post_to(std::uint32_t core, F function) {
    Reactor& here = Reactor::current();
    SLUICE_CHECK(here.mailboxes() != nullptr);
    auto* post = new detail::Post<F>(*here.mailboxes(), here.core(), core, std::move(function));
    here.mailboxes()->send(here.core(), core, *post);
}

}  // namespace sluice::io
