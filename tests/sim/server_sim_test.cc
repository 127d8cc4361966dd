// The whole server on machines of one to three cores, with clients that write, read, delete, stall
// and leave: through power cuts, orderly stops, faults of disk and network, and restarts with other
// numbers of cores, every acknowledged point is there, what was deleted is gone, and whoever asks
// gets an answer.
//
//     sim-server                           the default seeds
//     sim-server --seeds FROM COUNT        others; the first that fails is made simpler
//     sim-server --simplify SEED           the simplest lives in which it still fails, and how to
//                                          replay them
//     sim-server --seed SEED BOUND=VALUE…  a replay; SLUICE_SIM_LOG=1 shows the log
//     sim-server --states FROM COUNT       what the seeds met, and how often
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "log_capture.h"
#include "server_life.h"

namespace sluice::server {
namespace {

// Fewer seeds need not meet every rare state.
constexpr std::uint64_t kSeedsForAllStates = 1000;
// Each of so many seeds is run twice: the second life must be the first one again.
constexpr std::uint64_t kRepeatEach = 50;

LogCapture* capture = nullptr;
RareStates states;
std::uint64_t seed_at_work = 0;

// What a life that never ends, or a broken invariant, ends the process by.
constexpr int kEnds[] = {SIGABRT, SIGSEGV, SIGVTALRM};
constexpr int kSeedSecondsMax = 30;  // of CPU

void bound_time() {
    const itimerval limit{{0, 0}, {kSeedSecondsMax, 0}};
    SLUICE_CHECK(::setitimer(ITIMER_VIRTUAL, &limit, nullptr) == 0);
}

void tell(const char* what, std::uint64_t seed, const std::string& more) {
    capture->tell(what + std::to_string(seed) + more);
}

struct Outcome {
    std::string trouble;  // empty: none
    std::uint64_t trace = 0;
    std::uint64_t acknowledged = 0;
};

Outcome run_seed(std::uint64_t seed, const LifeBounds& bounds) {
    bound_time();
    Random random(seed);
    engine::EngineModel model;
    io::SimDisk disk;
    Outcome outcome;
    bool is_clean = true;
    const auto lives = std::min<std::uint64_t>(bounds.lives, 1 + random.below(4));
    for (std::uint64_t life = 0; life < lives; ++life) {
        io::SimOptions sim;
        const bool faults = random.below(3) == 0;
        const bool stops = random.below(4) == 0;
        if (faults && bounds.faults != 0) {
            sim.faults = io::SimFaults::some(0.01);
            sim.faults.wall_jump = 0;
        }
        ServerLife process(seed * 8 + life, sim, std::move(disk), bounds, model, states, is_clean);
        disk = stops && bounds.stops != 0 ? process.run_and_stop() : process.run_and_crash();
        capture->count_in(states);
        outcome.trace = outcome.trace * 31 + process.trace();
        outcome.trouble = process.complaint();
        if (!outcome.trouble.empty()) return outcome;
        is_clean = is_clean && !process.had_faults();
        disk.set_capacity_bytes(io::SimDisk().capacity_bytes());
        model.end_life();
    }
    ServerLife reader(seed * 8 + 7, {}, std::move(disk), bounds, model, states, is_clean);
    disk = reader.check_and_stop();
    capture->count_in(states);
    outcome.trace = outcome.trace * 31 + reader.trace();
    outcome.trouble = reader.complaint();
    outcome.acknowledged = model.acknowledged();
    return outcome;
}

// By name, as a replay is told them.
struct Bound {
    const char* name;
    std::uint32_t LifeBounds::*member;
    std::uint32_t least;
};
constexpr Bound kBounds[] = {
    {"lives", &LifeBounds::lives, 0},       {"faults", &LifeBounds::faults, 0},
    {"stops", &LifeBounds::stops, 0},       {"cores", &LifeBounds::cores, 1},
    {"visitors", &LifeBounds::visitors, 1}, {"actions", &LifeBounds::actions, 1},
    {"turns", &LifeBounds::turns, 20},
};

std::string text_of(const LifeBounds& bounds) {
    std::string text;
    for (const Bound& each : kBounds) {
        text += std::string(" ") + each.name + "=" + std::to_string(bounds.*each.member);
    }
    return text;
}

// In a process of its own, since a failure may end it.
bool still_fails(std::uint64_t seed, const LifeBounds& bounds) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (const int number : kEnds) ::signal(number, SIG_DFL);
        std::_Exit(run_seed(seed, bounds).trouble.empty() ? 0 : 1);
    }
    int status = 0;
    SLUICE_CHECK(child > 0 && ::waitpid(child, &status, 0) == child);
    return status != 0;
}

void show_end_by_signal() {
    for (const int number : kEnds) {
        ::signal(number, [](int) {
            capture->show_end();
            std::_Exit(1);
        });
    }
}

// Each bound is brought as low as it may be, by halves, until none can be lowered any more.
int simplify(std::uint64_t seed) {
    LifeBounds bounds;
    if (!still_fails(seed, bounds)) {
        std::printf("seed %llu passes\n", static_cast<unsigned long long>(seed));
        return 0;
    }
    for (bool lowered = true; lowered;) {
        lowered = false;
        for (const Bound& each : kBounds) {
            std::uint32_t step = bounds.*each.member - each.least;
            for (; step != 0; step /= 2) {
                LifeBounds lower = bounds;
                lower.*each.member -= std::min(step, bounds.*each.member - each.least);
                if (lower.*each.member == bounds.*each.member || !still_fails(seed, lower))
                    continue;
                bounds = lower;
                lowered = true;
                step = (bounds.*each.member - each.least) * 2;
            }
        }
    }
    tell("simplest: sim-server --seed ", seed, text_of(bounds));
    show_end_by_signal();
    const Outcome outcome = run_seed(seed, bounds);
    tell("seed ", seed, ": " + outcome.trouble);
    return 1;
}

// Also called by a signal: a broken invariant ends the process.
[[noreturn]] void simplify_in_a_new_process() {
    capture->show_end();
    char seed[24];
    std::snprintf(seed, sizeof seed, "%llu", static_cast<unsigned long long>(seed_at_work));
    char name[] = "sim-server";
    char option[] = "--simplify";
    char* const arguments[] = {name, option, seed, nullptr};
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execv("/proc/self/exe", arguments);
    std::_Exit(1);
}

int replay(std::uint64_t seed, const std::vector<std::string>& settings) {
    LifeBounds bounds;
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        const auto known = std::ranges::find_if(
            kBounds, [&](const Bound& each) { return setting.substr(0, equals) == each.name; });
        if (equals == std::string::npos || known == std::end(kBounds)) {
            capture->tell("there is no bound " + setting);
            return 2;
        }
        bounds.*known->member =
            static_cast<std::uint32_t>(std::strtoul(setting.c_str() + equals + 1, nullptr, 10));
    }
    show_end_by_signal();
    const Outcome outcome = run_seed(seed, bounds);
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                outcome.trouble.empty() ? "passed" : outcome.trouble.c_str());
    return outcome.trouble.empty() ? 0 : 1;
}

int run_seeds(std::uint64_t from, std::uint64_t count, bool shows_states) {
    for (const int number : kEnds) {
        ::signal(number, [](int) { simplify_in_a_new_process(); });
    }
    std::uint64_t acknowledged = 0;
    for (std::uint64_t seed = from; seed < from + count; ++seed) {
        seed_at_work = seed;
        const Outcome outcome = run_seed(seed, {});
        acknowledged += outcome.acknowledged;
        if (!outcome.trouble.empty()) {
            tell("seed ", seed, ": " + outcome.trouble);
            simplify_in_a_new_process();
        }
        if (seed % kRepeatEach == 0 && run_seed(seed, {}).trace != outcome.trace) {
            tell("seed ", seed, ": another life the second time");
            return 1;
        }
    }
    if (shows_states) std::fputs(states.report().c_str(), stdout);
    if (count >= kSeedsForAllStates) {
        for (const std::string& each : states.unreached()) {
            capture->tell("never reached: " + each);
        }
        if (!states.unreached().empty()) return 1;
    }
    std::printf("%llu seeds from %llu, %llu points acknowledged\n",
                static_cast<unsigned long long>(count), static_cast<unsigned long long>(from),
                static_cast<unsigned long long>(acknowledged));
    return 0;
}

}  // namespace
}  // namespace sluice::server

int main(int argc, char** argv) {
    using namespace sluice;
    // Faults are expected here; what they make the server say is counted, and not shown.
    server::LogCapture log(std::getenv("SLUICE_SIM_LOG") != nullptr);
    server::capture = &log;
    const std::string option = argc > 1 ? argv[1] : "";
    const auto number = [&](int at) { return std::strtoull(argv[at], nullptr, 10); };
    if (argc == 1) return server::run_seeds(1, 200, false);
    if (argc == 4 && (option == "--seeds" || option == "--states")) {
        return server::run_seeds(number(2), number(3), option == "--states");
    }
    if (argc == 3 && option == "--simplify") return server::simplify(number(2));
    if (argc >= 3 && option == "--seed") return server::replay(number(2), {argv + 3, argv + argc});
    log.tell(
        "usage: sim-server [--seeds FROM COUNT | --states FROM COUNT | --simplify SEED | --seed "
        "SEED BOUND=VALUE...]");
    return 2;
}
