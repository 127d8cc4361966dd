#include "server/server.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "server/config/bind_addresses.h"
#include "server/config/config_text.h"
#include "server/http/local_listener.h"
#include "server/lake/lake_publisher.h"
#include "server/lake/lake_root.h"
#include "server/monitor/diagnostics.h"
#include "server/process/connection_limit.h"
#include "server/process/machine_memory.h"
#include "server/process/tls_files.h"
#include "server/routes.h"
#include "server/services/certificate_watch.h"
#include "sluice/base/log.h"
#include "sluice/io/mailbox.h"
#include "sluice/io/wall_clock.h"

namespace sluice::server {
namespace {

// The supervisor's watchdog is told that all is well once every core has beaten since the last
// look.
constexpr std::int64_t kHeartbeatNs = kSecondNs;

std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    SLUICE_CHECK(::getrandom(&bits, sizeof bits, 0) == sizeof bits);
    return bits;
}

// Containers and hardened kernels switch io_uring off; the operator should read that and not an
// errno.
Error explain_start_failure(Error error) {
    std::ifstream setting("/proc/sys/kernel/io_uring_disabled");
    int disabled = 0;
    if (setting >> disabled && disabled != 0) {
        return Error{ErrorKind::kUnsupported,
                     "io_uring is switched off here (kernel.io_uring_disabled = " +
                         std::to_string(disabled) + ") and Sluice cannot run without it",
                     error.os_error};
    }
    if (error.os_error == EPERM || error.os_error == ENOSYS) {
        return Error{ErrorKind::kUnsupported,
                     "io_uring is not available here (a kernel before 5.19, or a container's "
                     "seccomp profile) and Sluice cannot run without it: " +
                         error.message,
                     error.os_error};
    }
    return error;
}

query::QueryPolicy query_policy(const Config& config) {
    query::QueryPolicy policy;
    policy.timeout_ns = config.coordinator.query_timeout.ns;
    policy.log_after_ns = config.coordinator.log_queries_after.ns;
    policy.concurrent_max = config.coordinator.max_concurrent_queries;
    return policy;
}

// Runs continuous queries on core 0 until a stop is asked for.
io::Task<void> run_continuous_queries(CoreServices& services) {
    const Config::ContinuousQueries& config = services.config().continuous_queries;
    if (!config.enabled) co_return;
    io::Reactor& reactor = services.reactor;
    co_await reactor.switch_to(io::Share::kQuery);
    for (;;) {
        const bool slept = co_await reactor.sleep_ns(config.run_interval.ns);
        if (!slept) co_return;
        std::shared_ptr<const meta::Catalog> catalog = services.core.catalog();
        const auto stopping = [&reactor] { return reactor.stopping(); };
        co_await services.continuous_queries.run_due(std::move(catalog), reactor.wall_ns(),
                                                     stopping);
    }
}

// On core 0, when the services of all cores are there.
void make_publisher(CoreServices& services) {
    ServerShared& shared = services.shared;
    if (!shared.config.lake.enabled) return;
    std::vector<engine::Core*> cores;
    for (const auto& each : shared.cores) cores.push_back(&each->core);
    shared.lake = std::make_shared<LakePublisher>(shared.config.lake, shared.config.data.dir,
                                                  std::move(cores), random_bits());
}

// What an operator may not have meant.
void report_authentication(const CoreServices& services) {
    const Config::Http& config = services.config().http;
    if (!config.auth_enabled) return;
    const auto& users = services.core.catalog()->users;
    if (users.empty()) {
        log_warn("there is no user yet: whoever comes first can make an admin");
    } else if (std::ranges::none_of(users, [](const auto& user) { return user->is_admin; })) {
        log_warn("no user is an admin, so nobody can log in: make one with auth-enabled = false");
    }
    if (config.shared_secret.text.empty()) {
        log_info("there is no shared-secret: JSON web tokens are refused");
    }
}

void report_certificate(const CoreServices& services) {
    const tls::Context* const context = services.tls.context.get();
    if (context == nullptr) return;
    const std::string warning = validity_warning(*context, services.reactor.wall_ns() / kSecondNs);
    if (warning.empty()) return;
    log_warn(warning, {{"certificate", services.config().http.https_certificate}});
}

// A query that nobody waits for (async=true, a continuous one) holds a stop no longer than
// connections do.
void end_queries(CoreServices& services) {
    const std::int64_t deadline_ns =
        services.reactor.monotonic_ns() + services.config().sluice.drain_timeout.ns;
    services.shared.queries->on(services.reactor.core())
        .stop_all_at(deadline_ns,
                     {ErrorKind::kCancelled, "query interrupted: the server is stopping"});
}

// A core that no longer runs its tasks does not beat. The access log leaves by the same rhythm, so
// a line is a second late at most.
io::Task<void> beat(CoreServices& services) {
    for (;;) {
        const bool slept = co_await services.reactor.sleep_ns(kHeartbeatNs);
        if (!slept) co_return;
        services.metrics.heartbeats.add();
        services.access_log.flush();
    }
}

}  // namespace

// Where a simulated machine has lost its power, services hold tasks that are still under way, and
// these use the engine.
Server::~Server() {
    shared_.cores.clear();
}

engine::EngineOptions Server::engine_options(const Config& config, std::uint32_t cores) {
    engine::EngineOptions options;
    options.data_directory = config.data.dir;
    options.cores = cores;
    options.memory = config.sluice.memory_limit != 0
                         ? engine::MemoryBudget::of_total(config.sluice.memory_limit)
                         : engine::MemoryBudget::of_machine(usable_memory_bytes(), cores);
    options.free_space_min = config.sluice.free_space_min;
    options.segments_open_max = open_segments_limit(descriptor_limit());
    options.fields_per_measurement_max = config.data.max_fields_per_measurement;
    options.series_per_database_max = config.data.max_series_per_database;
    options.values_per_tag_max = config.data.max_values_per_tag;
    options.retention_autocreate = config.meta.retention_autocreate;
    options.retention_enabled = config.retention.enabled;
    options.retention_check_ns = config.retention.check_interval.ns;
    options.clock_hold_off_ns = config.retention.clock_hold_off.ns;
    options.store.head_age_max_ns = config.data.cache_snapshot_write_cold_duration.ns;
    options.store.cold_after_ns = config.data.compact_full_write_cold_duration.ns;
    return options;
}

Result<std::unique_ptr<Server>> Server::start(Config config,
                                              std::vector<std::string> command_line) {
    io::CoreOptions core_options;
    core_options.count = config.sluice.cores == 0 ? io::usable_cpu_count()
                                                  : static_cast<std::uint32_t>(config.sluice.cores);
    core_options.pin = config.sluice.pin_cores;
    engine::EngineOptions options = engine_options(config, core_options.count);
    SLUICE_TRY(std::unique_ptr<Server> server,
               create(std::move(config), std::move(command_line), std::move(options)));
    // The cores refer to the server, which outlives them: wait() comes before its end.
    Server* const self = server.get();
    auto cores = io::Cores::start(core_options,
                                  [self](io::Reactor& reactor) { return self->run_core(reactor); });
    if (!cores.ok()) return explain_start_failure(std::move(cores).error());
    server->cores_ = std::move(cores).value();
    return server;
}

Result<std::unique_ptr<Server>> Server::create(Config config, std::vector<std::string> command_line,
                                               engine::EngineOptions engine_options) {
    std::unique_ptr<Server> server(new Server());
    ServerShared& shared = server->shared_;
    const std::uint32_t cores = engine_options.cores;
    shared.config = std::move(config);
    shared.command_line = std::move(command_line);
    shared.connections_max =
        connection_limit(shared.config.http.max_connection_limit, descriptor_limit());
    shared.cores.resize(cores);
    shared.queries = std::make_unique<query::QueryRegistry>(cores, query_policy(shared.config));
    for (std::size_t i = 0; i < shared.config.udp.size(); ++i) {
        shared.udp.push_back(std::make_unique<ServerShared::UdpInput>());
    }
    server->heartbeats_.resize(cores);
    const auto checked = check_tls_files(shared.config, io::wall_clock_ns() / kSecondNs);
    if (!checked.ok()) return checked.error();
    if (shared.config.http.https_enabled) {
        shared.tls_mark = tls_files_mark(shared.config);
        SLUICE_TRY(shared.tls_contexts,
                   load_tls_contexts(shared.config, cores, tls::random_ticket_keys()));
    }
    SLUICE_TRY_VOID(check_lake_access(shared.config.lake));
    if (shared.config.lake.enabled && shared.config.lake.hold_retention) {
        // Nothing is known before the publisher is there.
        engine_options.holds_expired = [&shared](const meta::ExpiredGroup& expired) {
            return shared.lake == nullptr || shared.lake->holds(expired);
        };
    }
    SLUICE_TRY(server->engine_, engine::Engine::create(std::move(engine_options)));
    return server;
}

// The life of a core, from its first task to its last. Whoever stands higher stops first:
// listeners, then what works in the background, then the stores, which flush what they have.
io::Task<void> Server::run_core(io::Reactor& reactor) {
    if (reactor.core() == 0) {
        shared_.started_wall_ns = reactor.wall_ns();
        shared_.started_monotonic_ns = reactor.precise_ns();
    }
    auto started = co_await engine_->start_core(reactor);
    if (!started.ok()) {
        io::Task<void> reporting = report_failure(std::move(started).error());
        co_await reporting;
        co_return;
    }
    engine::Core& core = **started;
    auto made = std::make_unique<CoreServices>(shared_, core, random_bits());
    CoreServices& services = *made;
    services.set_facts(std::make_unique<Diagnostics>(services));
    if (!shared_.tls_contexts.empty()) {
        services.tls.context = std::move(shared_.tls_contexts[reactor.core()]);
    }
    shared_.cores[reactor.core()] = std::move(made);
    co_await serve(services);
    co_await services.background.close();
    co_await services.subscriber.stop();
    co_await engine_->stop_core(core);
}

// All cores wait for each other before one of them takes a connection: a request on any core may
// ask any other one.
io::Task<void> Server::serve(CoreServices& services) {
    ConnectionListener listener(services, serve_request);
    std::unique_ptr<LocalListener> local;
    UdpInputs inputs(services);
    const auto listening = co_await listen(services, listener, local, inputs);
    if (!listening.ok()) {
        io::Task<void> reporting = report_failure(listening.error());
        co_await reporting;
        co_await services.reactor.stop_requested();
        co_await inputs.stop();
        if (local) co_await local->stop();
        co_await listener.stop();
        co_return;
    }
    services.listener = &listener;
    if (services.reactor.core() == 0) make_publisher(services);
    co_await meet_others();
    listener.start();
    if (local) local->start();
    inputs.start();
    if (services.reactor.core() == 0) {
        report_authentication(services);
        report_certificate(services);
        shared_.serving.reach();
    }
    io::Task<void> heart = beat(services);
    if (services.reactor.core() == 0) {
        services.background.spawn(run_continuous_queries(services));
        if (shared_.lake) services.background.spawn(shared_.lake->run());
        if (services.tls.context) services.background.spawn(watch_certificates(services));
    }
    co_await services.reactor.stop_requested();
    if (services.reactor.core() == 0 && shared_.lake) shared_.lake->give_up();
    end_queries(services);
    co_await inputs.stop();
    if (local) co_await local->stop();
    co_await listener.stop();
    services.listener = nullptr;
    co_await heart;
    services.access_log.flush();
}

// The first core: nobody else may listen there, and it is the kernel that chooses a port 0.
Result<void> Server::listen_first(CoreServices& services, ConnectionListener& listener,
                                  std::unique_ptr<LocalListener>& local, UdpInputs& inputs) {
    const Config::Http& config = services.config().http;
    SLUICE_TRY(const auto addresses, parse_bind_addresses(config.bind_address.values));
    for (HostPort address : addresses) {
        SLUICE_TRY(const io::AddressClaim claim, ConnectionListener::claim(address));
        SLUICE_TRY(address.port, listener.listen(address, config.https_enabled));
        shared_.bind_address += shared_.bind_address.empty() ? "" : ",";
        shared_.bind_address += format_host_port(address);
        shared_.addresses.push_back(std::move(address));
    }
    if (config.unix_socket_enabled) {
        SLUICE_TRY(local, LocalListener::listen(services));
    }
    return inputs.listen();
}

// Core 0 opens the addresses, alone and first; the others join it there by SO_REUSEPORT, so the
// kernel deals connections out among the cores.
io::Task<Result<void>> Server::listen(CoreServices& services, ConnectionListener& listener,
                                      std::unique_ptr<LocalListener>& local, UdpInputs& inputs) {
    const bool first = services.reactor.core() == 0;
    Result<void> listening;
    if (first) listening = listen_first(services, listener, local, inputs);
    co_await meet_others();
    if (first) co_return listening;
    for (const HostPort& address : shared_.addresses) {
        const auto port = listener.listen(address, services.config().http.https_enabled);
        if (!port.ok()) co_return port.error();
    }
    co_return inputs.listen();
}

io::Task<void> Server::meet_others() {
    const auto wait = [this] { return wait_for_others(); };
    co_await io::call_on(0, wait);
}

// Runs on core 0 for each core that arrives. Arrivals are counted through all meetings, because a
// core cannot come to the next one before this one is over.
io::Task<void> Server::wait_for_others() {
    constexpr std::int64_t kLookNs = 20 * kMillisecondNs;
    io::Reactor& reactor = io::Reactor::current();
    const std::uint64_t count = shared_.cores.size();
    const std::uint64_t awaited = (arrivals_ / count + 1) * count;
    ++arrivals_;
    arrival_.notify_all();
    while (arrivals_ < awaited && !reactor.stopping()) {
        co_await arrival_.wait_until(reactor.monotonic_ns() + kLookNs);
    }
}

// The first failure counts: what others report is mostly its consequence.
io::Task<void> Server::report_failure(Error error) {
    const auto take = [this, &error] {
        if (failed_.reached()) return;
        failure_ = std::move(error);
        failed_.reach();
    };
    co_await io::call_on(0, take);
}

// From any thread. Connections learn from `draining` that an answer is to be their last one.
void Server::request_stop() {
    shared_.draining.reach();
    if (cores_) cores_->request_stop();
}

void Server::wait() {
    cores_->wait();
}

// Called by the main thread. Counters of other threads may be read at any time, and only whether
// they have moved matters.
bool Server::cores_are_alive() {
    if (!shared_.serving.reached()) return true;
    bool alive = true;
    for (std::size_t i = 0; i < shared_.cores.size(); ++i) {
        const std::uint64_t beats = shared_.cores[i]->metrics.heartbeats.value();
        alive = alive && beats != heartbeats_[i];
        heartbeats_[i] = beats;
    }
    return alive;
}

std::string Server::status_line(unsigned seconds) {
    std::uint64_t points = 0;
    std::uint64_t connections = 0;
    for (const auto& core : shared_.cores) {
        points += core->metrics.points_ok.value();
        connections += core->metrics.connections_active.value();
    }
    const std::uint64_t rate = (points - points_reported_) / seconds;
    points_reported_ = points;
    return "serving " + shared_.bind_address + ", " + std::to_string(rate) + " points/s, " +
           std::to_string(connections) + " connections";
}

}  // namespace sluice::server
