// This is sluiced, the server: it reads the configuration, starts the cores and waits for a signal.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "server/command_line.h"
#include "server/lake/lake_root.h"
#include "server/process/pid_file.h"
#include "server/process/supervisor.h"
#include "server/process/tls_files.h"
#include "server/server.h"
#include "sluice/base/log.h"
#include "sluice/io/wall_clock.h"

namespace {

using namespace sluice;
using namespace sluice::server;

void complain(std::string_view sentence) {
    std::fprintf(stderr, "sluiced: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
}

// Each connection and each segment is a descriptor.
// The hard limit is what the administrator allows; shells and services begin with a soft one of
// 1024, for programs that use select().
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) log_warn("the descriptor limit stays as it was");
}

// Threads inherit the mask, so the signals wait for the main thread.
sigset_t block_signals() {
    // Writing to a socket whose peer has gone is an error of that write and no end of the process.
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void set_up_log(const Config::Logging& logging) {
    set_log_format(logging.format == "json" ? LogFormat::kJson : LogFormat::kLogfmt);
    set_log_level(logging.level == "debug"   ? LogLevel::kDebug
                  : logging.level == "warn"  ? LogLevel::kWarn
                  : logging.level == "error" ? LogLevel::kError
                                             : LogLevel::kInfo);
}

// Tells the supervisor how things are, until a signal asks to stop or a core gives up.
void watch(Server& server, const Supervisor& supervisor, const sigset_t& signals,
           PidFile& pid_file) {
    constexpr std::int64_t kStartLookNs = 10 * kMillisecondNs;
    constexpr std::int64_t kLookNs = kSecondNs;
    constexpr int kLooksPerStatus = 5;
    // Until it serves, the main thread looks often, so that READY=1 comes at once; later once a
    // second is enough for a status and the watchdog.
    bool announced = false;
    std::int64_t watchdog_wait_ns = 0;
    for (int look = 0; !server.failed(); ++look) {
        const std::int64_t wait_ns = announced ? kLookNs : kStartLookNs;
        const timespec wait{wait_ns / kSecondNs, wait_ns % kSecondNs};
        const int signal = ::sigtimedwait(&signals, nullptr, &wait);
        if (signal == SIGTERM || signal == SIGINT) return;
        if (signal == SIGHUP) server.request_reload();
        if (!announced && server.shared().serving.reached()) {
            announced = true;
            log_info("serving", {{"address", server.shared().bind_address},
                                 {"cores", server.shared().cores.size()},
                                 {"connections_max", server.shared().connections_max},
                                 {"data", server.shared().config.data.dir}});
            pid_file.write();
            supervisor.notify("READY=1");
        }
        if (announced && look % kLooksPerStatus == 0) {
            supervisor.notify("STATUS=" + server.status_line(kLooksPerStatus));
        }
        watchdog_wait_ns += wait_ns;
        if (supervisor.watchdog_interval_ns() != 0 &&
            watchdog_wait_ns >= std::min(supervisor.watchdog_interval_ns(), 4 * kSecondNs)) {
            watchdog_wait_ns = 0;
            // Without this word the supervisor ends and restarts the process. A core that hangs
            // would otherwise keep its connections waiting for ever.
            if (server.cores_are_alive()) supervisor.notify("WATCHDOG=1");
        }
    }
}

// A second Ctrl-C does not wait; supervisors repeat SIGTERM and mean the same stop.
void let_interrupts_end_it() {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    ::sigprocmask(SIG_UNBLOCK, &interrupt, nullptr);
}

// The server is gone when this returns, and with it all that the cores own; the PID file belongs to
// the caller.
int serve_on(const Config& config, std::vector<std::string> command_line,
             const Supervisor& supervisor, const sigset_t& signals, PidFile& pid_file) {
    auto started = Server::start(config, std::move(command_line));
    if (!started.ok()) {
        complain(started.error().message);
        return 1;
    }
    Server& server = **started;
    watch(server, supervisor, signals, pid_file);

    const bool failed = server.failed();
    if (failed) {
        complain(server.failure().message);
    } else {
        log_info("stopping");
        supervisor.notify("STOPPING=1\nSTATUS=draining");
    }
    let_interrupts_end_it();
    server.request_stop();
    server.wait();
    if (failed) return 1;
    if (server.failed()) {
        complain(server.failure().message);
        return 1;
    }
    log_info("stopped");
    return 0;
}

int serve(const Config& config, std::vector<std::string> command_line,
          const std::string& pid_path) {
    set_up_log(config.logging);
    raise_descriptor_limit();
    const sigset_t signals = block_signals();
    const Supervisor supervisor;
    auto prepared = PidFile::prepare(pid_path);
    if (!prepared.ok()) {
        complain(prepared.error().message);
        return 1;
    }
    PidFile pid_file = std::move(prepared).value();
    return serve_on(config, std::move(command_line), supervisor, signals, pid_file);
}

// What a start would refuse although each setting can be understood.
int check(const Config& config) {
    const auto checked = check_tls_files(config, io::wall_clock_ns() / kSecondNs);
    if (!checked.ok()) {
        complain(checked.error().message);
        return 1;
    }
    const auto access = check_lake_access(config.lake);
    if (!access.ok()) {
        complain(access.error().message);
        return 1;
    }
    if (!checked->empty()) std::puts(checked->c_str());
    std::puts("the configuration is good");
    return 0;
}

}  // namespace

// Warnings go to standard error before the log is set up, because they are about the settings of
// the log as well.
int main(int argc, char** argv) {
    const CommandLine command_line = parse_command_line(argc, argv);
    if (command_line.action == CommandLine::Action::kExit) return command_line.exit_status;
    ConfigWarnings warnings;
    const auto config = load_config(command_line, warnings);
    if (!config.ok()) {
        complain(config.error().message);
        return 1;
    }
    for (const std::string& warning : warnings) complain(warning);
    switch (command_line.action) {
        case CommandLine::Action::kCheck:
            return check(*config);
        case CommandLine::Action::kPrintConfig:
            std::fputs(format_config(*config).c_str(), stdout);
            return 0;
        default:
            return serve(*config, {argv, argv + argc}, command_line.pid_file);
    }
}
