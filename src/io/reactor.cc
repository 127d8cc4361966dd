#include "sluice/io/reactor.h"

#include <algorithm>

#include "sluice/base/log.h"
#include "sluice/io/activity.h"
#include "sluice/io/mailbox.h"

namespace sluice::io {

namespace {

// Time had is multiplied by these and the least goes first: while all three have work, ingest gets
// 16 parts of 21, queries 4, background 1.
constexpr std::array<std::int64_t, kShareCount> kVirtualPerNs = {1, 4, 16};
// The counter has all long turns. Where others have the machine, too, most of them are their time,
// and nobody can do anything about a millisecond: a line is for what clients notice, and there is
// one a minute.
constexpr std::int64_t kReportIntervalNs = kMinuteNs;
constexpr std::int64_t kKnownStallNs = 20 * kMillisecondNs;
// Without a step that took most of it.
constexpr std::int64_t kStallNs = 100 * kMillisecondNs;

const char* share_name(std::size_t index) {
    constexpr const char* kNames[kShareCount] = {"ingest", "query", "background"};
    return kNames[index];
}

// Leaves the CPU's units to the other thread of the core meanwhile.
void pause_cpu() {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

// Makes a reactor the current one of this thread.
class CurrentReactor {
public:
    explicit CurrentReactor(Reactor* reactor) : previous_(detail::current_reactor) {
        detail::current_reactor = reactor;
    }
    ~CurrentReactor() { detail::current_reactor = previous_; }

private:
    Reactor* previous_;
};

}  // namespace

Reactor::Reactor(Backend& backend, std::uint32_t core)
    : backend_(backend), core_(core), now_ns_(backend.monotonic_ns()) {
    slice_begin_ns_ = now_ns_;
    outer_ = detail::current_reactor;
    detail::current_reactor = this;
}

Reactor::~Reactor() {
    if (detail::current_reactor == this) detail::current_reactor = outer_;
}

// Those who sleep or await the stop hear of it before run() returns.
void Reactor::run() {
    while (!stopped_.load(std::memory_order_acquire) || !stop_announced_ || has_runnable()) {
        turn(Wait::kAllowed);
    }
}

bool Reactor::has_runnable() const {
    return std::any_of(queues_.begin(), queues_.end(),
                       [](const RunQueue& q) { return !q.empty(); });
}

// The order within a turn matters:
//
// 1. The core says that it sleeps before the backend waits, and only if no mail came meanwhile: a
//    sender that finds `asleep` set wakes it, and one that came before is seen here.
// 2. now_ns_ is read once, behind the wait. Deadlines that are set in this turn are relative to it,
//    so timers of one turn fire together.
// 3. Whoever sleeps is woken, and mail and timers only queue tasks. Nothing of them runs before
//    run_queues(), so that a task never runs in the middle of another one's completion.
//
// `deadline_ns` 0 asks the backend to poll only: the core has something to do already.
bool Reactor::turn(Wait wait) {
    CurrentReactor guard(this);
    const std::uint64_t completions_before = backend_.metrics().completions.value();
    std::int64_t deadline_ns = 0;
    const bool idle = wait == Wait::kAllowed && !has_runnable() && !stop_pending();
    // Rather spin for the answer of another core than sleep: see look_for_mail().
    const bool looking = idle && expects_mail();
    bool sleeping = false;
    if (idle && !looking) {
        deadline_ns = timers_.next_deadline_ns();
        sleeping = mailboxes_ == nullptr || mailboxes_->prepare_to_sleep(core_);
        if (!sleeping) deadline_ns = 0;
    }
    // From the end of the last wait to here: what clients of this core waited for.
    const std::int64_t poll_begin_ns = backend_.monotonic_ns();
    const std::int64_t busy_ns = poll_begin_ns - now_ns_;
    metrics_.turn_ns.record(static_cast<std::uint64_t>(busy_ns));
    if (busy_ns > kLongTurnNs) note_long_turn(busy_ns);
    detail::turn_cause = {};
    backend_.turn(deadline_ns);
    if (looking) look_for_mail();
    if (sleeping && mailboxes_ != nullptr) mailboxes_->awake(core_);
    now_ns_ = backend_.monotonic_ns();
    metrics_.turns.add();
    metrics_.idle_ns.add(static_cast<std::uint64_t>(now_ns_ - poll_begin_ns));

    announce_stop();
    const bool mail = mailboxes_ != nullptr && mailboxes_->deliver(*this);
    const unsigned fired = timers_.fire_due(now_ns_);
    const bool ran = run_queues();
    return mail || fired > 0 || ran || backend_.metrics().completions.value() != completions_before;
}

bool Reactor::expects_mail() const {
    return mailboxes_ != nullptr && backend_.is_real() &&
           backend_.monotonic_ns() < mailboxes_->expected_until_ns(core_);
}

// Between two cores that are awake an answer takes less than a microsecond; falling asleep and
// being woken takes tens.
void Reactor::look_for_mail() {
    const std::int64_t until_ns =
        std::min(mailboxes_->expected_until_ns(core_), timers_.next_deadline_ns());
    while (!mailboxes_->has_mail(core_) && !has_runnable() && !backend_.has_completions() &&
           backend_.monotonic_ns() < until_ns) {
        pause_cpu();
    }
}

// Each share that has work runs for at most a time slice, the one that has had least first; then
// the kernel is asked again, so that no share waits longer for its completions than the slices of
// the others. A share that comes back from idling starts at the present virtual time: it has not
// saved up time.
//
// This is the virtual time of weighted fair queueing (Demers, Keshav and Shenker 1989, in the form
// of start-time fair queueing, Goyal, Vin and Cheng 1996): each share has a clock that runs slower
// the more it may have, and the clock that is behind goes first.
bool Reactor::run_queues() {
    std::array<bool, kShareCount> done{};
    bool ran = false;
    for (std::size_t round = 0; round < kShareCount; ++round) {
        std::size_t next = kShareCount;
        for (std::size_t i = 0; i < kShareCount; ++i) {
            if (done[i] || queues_[i].empty()) continue;
            virtual_ns_[i] = std::max(virtual_ns_[i], virtual_now_ns_);
            if (next == kShareCount || virtual_ns_[i] < virtual_ns_[next]) next = i;
        }
        if (next == kShareCount) break;
        // The least of those that have work is now, so it never goes back.
        SLUICE_CHECK(virtual_ns_[next] >= virtual_now_ns_);
        virtual_now_ns_ = virtual_ns_[next];
        done[next] = true;
        ran = true;
        if (!run_share(next)) break;
    }
    return ran;
}

// Whether there is time left in this turn for another share.
bool Reactor::run_share(std::size_t index) {
    RunQueue& queue = queues_[index];
    share_ = static_cast<Share>(index);
    slice_begin_ns_ = backend_.monotonic_ns();
    const std::int64_t begin_ns = slice_begin_ns_;
    std::int64_t end_ns = begin_ns;
    unsigned count = 0;
    while (!queue.empty()) {
        queue.pop().run();
        // Reading the clock costs as much as resuming a short task: every eighth is enough.
        if (++count % 8 == 0 || queue.empty()) {
            end_ns = backend_.monotonic_ns();
            if (end_ns - begin_ns >= kTimeSliceNs) break;
        }
    }
    // Between the shares, that of new work: what completions and timers start is ingest's unless
    // the one who waits says otherwise.
    metrics_.tasks_run.add(count);
    metrics_.busy_ns[index].add(static_cast<std::uint64_t>(end_ns - begin_ns));
    virtual_ns_[index] += (end_ns - begin_ns) * kVirtualPerNs[index];
    last_share_ = index;
    share_ = Share::kIngest;
    return end_ns - begin_ns < kTimeSliceNs;
}

// A turn is known to be long only when it is over, and then nothing tells what it did: so whoever
// does a step that may take long leaves its name in detail::turn_cause (Activity), and the longest
// of the turn is named if it took at least half of it.
void Reactor::note_long_turn(std::int64_t busy_ns) {
    metrics_.long_turns.add();
    const detail::TurnCause& cause = detail::turn_cause;
    const bool known = cause.what != nullptr && cause.took_ns >= busy_ns / 2;
    if (!backend_.is_real() || busy_ns < (known ? kKnownStallNs : kStallNs)) return;
    ++stalls_;
    longest_turn_ns_ = std::max(longest_turn_ns_, busy_ns);
    if (last_report_ns_ != 0 && now_ns_ - last_report_ns_ < kReportIntervalNs) return;
    last_report_ns_ = now_ns_;
    log_warn("requests waited for a long turn",
             {{"core", core_},
              {"us", busy_ns / kMicrosecondNs},
              {"share", share_name(last_share_)},
              {"step", known ? cause.what : "many small ones"},
              {"since_last_line", stalls_},
              {"longest_us", longest_turn_ns_ / kMicrosecondNs}});
    stalls_ = 0;
    longest_turn_ns_ = 0;
}

// From any thread: an atomic and a write to an eventfd. The core announces it to those who sleep in
// its own turn.
void Reactor::request_stop() {
    stopping_.store(true, std::memory_order_release);
    backend_.wake_from_any_thread();
}

void Reactor::stop() {
    stopped_.store(true, std::memory_order_release);
    request_stop();
}

// A core that has been told to stop must not fall asleep before it has told its sleepers.
bool Reactor::stop_pending() const {
    return stopped_.load(std::memory_order_acquire) || (stopping() && !stop_announced_);
}

void Reactor::announce_stop() {
    if (stop_announced_ || !stopping()) return;
    stop_announced_ = true;
    while (!sleepers_.empty()) {
        Sleep& sleep = sleepers_.pop_front();
        timers_.cancel(sleep);
        schedule(sleep);
    }
    stop_event_.notify_all();
}

Task<void> Reactor::stop_requested() {
    while (!stop_announced_) co_await stop_event_.wait();
}

void Reactor::Sleep::await_suspend(std::coroutine_handle<> self) {
    set_handle(self);
    set_share(reactor_.share());
    reactor_.sleepers_.push_back(*this);
    reactor_.timers_.start(*this, reactor_.precise_ns() + duration_ns_);
}

void Reactor::Sleep::expire(Timer& timer) {
    auto& self = static_cast<Sleep&>(timer);
    self.slept_ = true;
    self.reactor_.sleepers_.remove(self);
    self.reactor_.schedule(self);
}

}  // namespace sluice::io
