// The Server is the running server: engine and connections on every core, from start to orderly
// stop.
//
// Each core runs run_core(): it starts its part of the engine, makes its services, listens, and
// waits until a stop is asked for; then everything ends in the opposite order. The cores meet twice
// before they accept connections: core 0 listens first, since the kernel may choose the port, and
// no core accepts before all listen, so that the kernel deals connections to all of them. If a core
// cannot start, it reports the failure; main then asks for a stop, and the others end as usual.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/http/listener.h"
#include "server/http/local_listener.h"
#include "server/services/core_services.h"
#include "server/udp/udp_inputs.h"
#include "sluice/engine/engine.h"
#include "sluice/io/cores.h"
#include "sluice/io/event.h"
#include "sluice/io/milestone.h"

namespace sluice::server {

// Made and used by the process's main thread, which is no core. wait() completes before
// destruction.
class Server {
public:
    // The error is one sentence for the operator.
    static Result<std::unique_ptr<Server>> start(Config config,
                                                 std::vector<std::string> command_line);
    // What start() gives threads to: a server whose caller runs run_core() on the reactor of each
    // of `engine_options.cores` cores, which share their mail. So simulations do.
    static Result<std::unique_ptr<Server>> create(Config config,
                                                  std::vector<std::string> command_line,
                                                  engine::EngineOptions engine_options);
    // What start() takes for them.
    static engine::EngineOptions engine_options(const Config& config, std::uint32_t cores);
    ~Server();

    // The life of a core, from its start to the end of its last connection. It ends some time after
    // request_stop() was called on the reactors of all cores.
    io::Task<void> run_core(io::Reactor& reactor);

    const ServerShared& shared() const { return shared_; }
    // A core could not start. The rest waits for request_stop().
    bool failed() const { return failed_.reached(); }
    const Error& failure() const { return failure_; }

    // The files of certificates are read again.
    void request_reload() { shared_.reloads.add(); }
    // Begins to drain, and asks the cores to stop, if they are threads of start().
    void request_stop();
    // Waits until every core has ended that is a thread of start().
    void wait();

    // Returns whether the loop of each core has come round since the last call.
    bool cores_are_alive();
    // Returns one line for the supervisor: points per second of the last `seconds`, and open
    // connections.
    std::string status_line(unsigned seconds);

private:
    Server() = default;
    io::Task<void> serve(CoreServices& services);
    // On all addresses, with the inputs by UDP; the first core alone has `local`, if there is to be
    // one.
    io::Task<Result<void>> listen(CoreServices& services, ConnectionListener& listener,
                                  std::unique_ptr<LocalListener>& local, UdpInputs& inputs);
    Result<void> listen_first(CoreServices& services, ConnectionListener& listener,
                              std::unique_ptr<LocalListener>& local, UdpInputs& inputs);
    // Completes when every core has come to the same point, or the server stops.
    io::Task<void> meet_others();
    io::Task<void> wait_for_others();
    io::Task<void> report_failure(Error error);

    ServerShared shared_;
    std::unique_ptr<engine::Engine> engine_;
    std::unique_ptr<io::Cores> cores_;

    // These belong to core 0.
    std::uint64_t arrivals_ = 0;
    io::Event arrival_;
    Error failure_;
    io::Milestone failed_;

    // These belong to the main thread.
    std::vector<std::uint64_t> heartbeats_;
    std::uint64_t points_reported_ = 0;
};

}  // namespace sluice::server
