#include "sim_cores.h"

#include <algorithm>
#include <cstdio>

#include "sluice/base/check.h"

namespace sluice::io {

namespace {

Task<void> run_main(Reactor& reactor, std::function<Task<void>(Reactor&)> main) {
    co_await reactor.yield();
    co_await main(reactor);
}

}  // namespace

SimCores::Core::Core(SimWorld& world, std::uint32_t core)
    : backend(std::make_unique<SimBackend>(world)),
      reactor(std::make_unique<Reactor>(*backend, core)) {}

SimCores::SimCores(SimWorld& world, std::uint32_t count, std::uint32_t guests)
    : world_(world), mailboxes_(std::make_unique<MailboxHub>(count)) {
    for (std::uint32_t core = 0; core < count; ++core) {
        cores_.push_back(std::make_unique<Core>(world, core));
        mailboxes_->attach(*cores_.back()->reactor);
        everybody_.push_back(cores_.back().get());
    }
    for (std::uint32_t guest = 0; guest < guests; ++guest) {
        guests_.push_back(std::make_unique<Core>(world, 0));
        everybody_.push_back(guests_.back().get());
    }
}

void SimCores::abandon_mains() {
    Abandon abandon;
    mailboxes_->discard_mail();
    for (auto& core : cores_) core->main = Task<void>();
}

SimCores::~SimCores() {
    abandon_mains();
    Abandon abandon;
    mailboxes_.reset();
    // Newest first: each reactor restores the one that was current before it.
    while (!guests_.empty()) guests_.pop_back();
    while (!cores_.empty()) cores_.pop_back();
}

void SimCores::start(const std::function<Task<void>(Reactor&)>& main) {
    for (auto& core : cores_) core->main = run_main(*core->reactor, main);
}

bool SimCores::done() const {
    return std::all_of(cores_.begin(), cores_.end(),
                       [](const auto& core) { return core->main.done(); });
}

bool SimCores::turn(std::int64_t until_ns) {
    std::vector<Core*> order = everybody_;
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[world_.random().below(i)]);
    }
    bool busy = false;
    for (Core* const each : order) {
        busy |= each->reactor->turn(Reactor::Wait::kNo);
        if (world_.crashed()) return false;
    }
    if (busy) return world_.now_ns() < until_ns;
    std::int64_t next_ns = kNoDeadline;
    for (const Core* const each : everybody_) {
        if (each->reactor->has_runnable()) next_ns = world_.now_ns();
        next_ns =
            std::min({next_ns, each->backend->next_event_ns(), each->reactor->next_deadline_ns()});
    }
    if (next_ns == kNoDeadline || next_ns >= until_ns) {
        if (until_ns != kNoDeadline) world_.advance_to(until_ns);
        return false;
    }
    world_.advance_to(next_ns);
    return true;
}

void SimCores::run_until_done() {
    while (!done()) {
        if (turn() || done()) continue;
        std::fprintf(stderr, "simulation: the cores wait for each other, seed %llu\n",
                     static_cast<unsigned long long>(world_.seed()));
        SLUICE_CHECK(done());
    }
}

void SimCores::run_for(std::int64_t duration_ns) {
    const std::int64_t until_ns = world_.now_ns() + duration_ns;
    while (!done() && turn(until_ns)) {
    }
}

}  // namespace sluice::io
