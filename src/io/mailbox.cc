#include "sluice/io/mailbox.h"

#include <array>

namespace sluice::io {

namespace {

constexpr std::uint32_t kRingSlots = 256;  // messages on their way between two cores
// Indexes count on for ever and wrap at 2^32: only then is their difference the number of messages,
// and the slot of an index stays the same across the wrap.
static_assert((kRingSlots & (kRingSlots - 1)) == 0);
constexpr std::size_t kCacheLine = 64;
// A core that sleeps is woken, answers and is read within this time, if it has little to do.
constexpr std::int64_t kAnswerNs = 50 * kMicrosecondNs;

}  // namespace

// One producer, one consumer (Lamport 1983; the cached indexes are those of Lee, Bu and
// Chandranmenon, "MCRingBuffer", 2010). Each side keeps its own index and its last sight of the
// other's on a cache line of its own, so that a push or pop touches a shared line only when it
// must.
//
// The release store of an index publishes the slot that was written, or gives back the one that was
// read; the acquire load on the other side pairs with it. A slot is never touched by both at once.
class MailboxHub::Ring {
public:
    bool push(Message& message) {
        const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_seen_ == kRingSlots) {
            head_seen_ = head_.load(std::memory_order_acquire);
            if (tail - head_seen_ == kRingSlots) return false;
        }
        slots_[tail % kRingSlots] = &message;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }
    Message* pop() {
        const std::uint32_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_seen_) {
            tail_seen_ = tail_.load(std::memory_order_acquire);
            if (head == tail_seen_) return nullptr;
        }
        Message* message = slots_[head % kRingSlots];
        head_.store(head + 1, std::memory_order_release);
        return message;
    }

private:
    alignas(kCacheLine) std::atomic<std::uint32_t> tail_{0};  // the producer's
    std::uint32_t head_seen_ = 0;
    alignas(kCacheLine) std::atomic<std::uint32_t> head_{0};  // the consumer's
    std::uint32_t tail_seen_ = 0;
    alignas(kCacheLine) std::array<Message*, kRingSlots> slots_{};
};

// What one core owns, except for the two words that the others touch.
struct MailboxHub::Box {
    // Pushed messages, all senders together, and whether the core is about to sleep. A sender
    // counts first and looks at `asleep` second, the core sets `asleep` first and looks at the
    // count second: one of the two sees the other.
    alignas(kCacheLine) std::atomic<std::uint64_t> pushed{0};
    std::atomic<bool> asleep{false};

    alignas(kCacheLine) Reactor* reactor = nullptr;
    std::uint64_t popped = 0;
    std::uint64_t unanswered = 0;
    std::int64_t asked_ns = 0;  // last
    // Messages that found their ring full, by receiver, oldest first.
    std::vector<detail::WaitList<Message>> overflow;
    std::size_t overflow_count = 0;
    // Arrived, not yet run, and awaited by nobody.
    detail::WaitList<Message> posts;
    Gate served;
};

MailboxHub::MailboxHub(std::uint32_t core_count) {
    for (std::uint32_t core = 0; core < core_count; ++core) {
        cores_.push_back(std::make_unique<Box>());
        cores_.back()->overflow.resize(core_count);
    }
    for (std::uint32_t i = 0; i < core_count * core_count; ++i) {
        rings_.push_back(std::make_unique<Ring>());
    }
}

MailboxHub::~MailboxHub() {
    discard_mail();
}

void MailboxHub::discard_mail() {
    const auto discard = [](Message& message) {
        if (message.discard != nullptr) message.discard(message);
    };
    for (const auto& core : cores_) {
        while (!core->posts.empty()) discard(core->posts.pop_front());
        for (auto& overflow : core->overflow) {
            while (!overflow.empty()) discard(overflow.pop_front());
        }
        core->overflow_count = 0;
    }
    for (const auto& ring : rings_) {
        while (Message* message = ring->pop()) discard(*message);
    }
}

MailboxHub::Ring& MailboxHub::ring(std::uint32_t from, std::uint32_t to) {
    return *rings_[from * core_count() + to];
}

void MailboxHub::attach(Reactor& reactor) {
    SLUICE_CHECK(reactor.core() < core_count());
    cores_[reactor.core()]->reactor = &reactor;
    reactor.set_mailboxes(this);
}

// The two sequentially consistent accesses are those of Dekker: the sender writes `pushed` and then
// reads `asleep`, the sleeper writes `asleep` and then reads `pushed` (prepare_to_sleep). In the
// one order of all four at least one of them reads what the other wrote, so no message is slept
// over. exchange() lets one of several senders wake the core, because a wake is a system call.
bool MailboxHub::push(std::uint32_t from, std::uint32_t to, Message& message) {
    if (!ring(from, to).push(message)) return false;
    Box& target = *cores_[to];
    target.pushed.fetch_add(1, std::memory_order_seq_cst);
    if (target.asleep.load(std::memory_order_seq_cst) &&
        target.asleep.exchange(false, std::memory_order_seq_cst)) {
        cores_[from]->reactor->backend().wake(target.reactor->backend());
    }
    return true;
}

// Messages between two cores arrive in the order in which they were sent: where some wait for room
// already, the next one goes behind them.
void MailboxHub::send(std::uint32_t from, std::uint32_t to, Message& message) {
    SLUICE_CHECK(from < core_count() && to < core_count());
    Box& sender = *cores_[from];
    detail::WaitList<Message>& overflow = sender.overflow[to];
    if (overflow.empty() && push(from, to, message)) return;
    overflow.push_back(message);
    ++sender.overflow_count;
}

void MailboxHub::asked(std::uint32_t core) {
    Box& box = *cores_[core];
    ++box.unanswered;
    box.asked_ns = box.reactor->precise_ns();
}

void MailboxHub::answered(std::uint32_t core) {
    SLUICE_CHECK(cores_[core]->unanswered != 0);
    --cores_[core]->unanswered;
}

void MailboxHub::keep(std::uint32_t core, Task<void> task) {
    cores_[core]->served.spawn(std::move(task));
}

void MailboxHub::begun(Message& message) {
    cores_[message.to]->posts.remove(message);
}

// Both ends of a core in one turn: what had found its ring full goes out, and what others sent
// comes in. A message that is scheduled runs later in this turn, in the share of whoever sent it.
bool MailboxHub::deliver(Reactor& reactor) {
    const std::uint32_t core = reactor.core();
    Box& box = *cores_[core];
    for (std::uint32_t to = 0; box.overflow_count > 0 && to < core_count(); ++to) {
        detail::WaitList<Message>& overflow = box.overflow[to];
        while (!overflow.empty()) {
            // Once pushed, the message and its links belong to the other core.
            Message& first = overflow.pop_front();
            if (!push(core, to, first)) {
                overflow.push_front(first);
                break;
            }
            --box.overflow_count;
        }
    }
    if (!has_mail(core)) return false;
    for (std::uint32_t from = 0; from < core_count(); ++from) {
        while (Message* message = ring(from, core).pop()) {
            ++box.popped;
            if (message->discard != nullptr) box.posts.push_back(*message);
            reactor.schedule(*message);
        }
    }
    return true;
}

bool MailboxHub::has_mail(std::uint32_t core) const {
    const Box& box = *cores_[core];
    return box.pushed.load(std::memory_order_acquire) != box.popped;
}

std::int64_t MailboxHub::expected_until_ns(std::uint32_t core) const {
    const Box& box = *cores_[core];
    return box.unanswered == 0 ? 0 : box.asked_ns + kAnswerNs;
}

// With an overflow it does not sleep: nobody tells when the other core has made room.
bool MailboxHub::prepare_to_sleep(std::uint32_t core) {
    Box& box = *cores_[core];
    if (box.overflow_count > 0) return false;
    box.asleep.store(true, std::memory_order_seq_cst);
    if (box.pushed.load(std::memory_order_seq_cst) == box.popped) return true;
    box.asleep.store(false, std::memory_order_relaxed);
    return false;
}

void MailboxHub::awake(std::uint32_t core) {
    cores_[core]->asleep.store(false, std::memory_order_relaxed);
}

}  // namespace sluice::io
