// CoreServices are what the handlers of one core share. Everything here belongs to the thread of
// the core, except the metrics, and what ServerShared says of itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/auth/authenticator.h"
#include "server/config/config.h"
#include "server/config/config_text.h"
#include "server/forward/subscriber.h"
#include "server/services/access_log.h"
#include "server/services/buffer_pool.h"
#include "server/services/client_counts.h"
#include "server/services/client_shares.h"
#include "server/services/rate_limits.h"
#include "server/services/reject_ring.h"
#include "server/services/server_metrics.h"
#include "server/services/tls_door.h"
#include "server/services/udp_metrics.h"
#include "server/services/write_throttle.h"
#include "sluice/engine/core.h"
#include "sluice/http/content_encoding.h"
#include "sluice/http/response.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/io/gate.h"
#include "sluice/io/milestone.h"
#include "sluice/io/reactor.h"
#include "sluice/query/continuous_queries.h"
#include "sluice/query/series_counts.h"
#include "sluice/query/statement_executor.h"

namespace sluice::server {

class ConnectionListener;
class LakePublisher;
struct CoreServices;

// There is one ServerShared for the process.
struct ServerShared {
    // Fixed before the cores start.
    Config config;
    std::vector<std::string> command_line;
    std::uint64_t connections_max = 0;
    // One for each core, which takes it at its start; none without TLS.
    std::vector<std::shared_ptr<tls::Context>> tls_contexts;
    // Their files as they were before they were read for these (tls_files_mark): a change since
    // then, also while the server started, is one that certificate_watch sees.
    std::string tls_mark;

    // Set by core 0 before any core serves.
    std::int64_t started_wall_ns = 0;
    std::int64_t started_monotonic_ns = 0;
    // As they became: port 0 is replaced by the real one. The text names them all.
    std::vector<HostPort> addresses;
    std::string bind_address;

    // One for each [[udp]] table.
    struct UdpInput {
        std::uint16_t port = 0;  // as it became; set by core 0 before the others listen
        io::Milestone database_made;
    };
    std::vector<std::unique_ptr<UdpInput>> udp;

    // The services by core, complete before any core serves. Other cores read only their metrics.
    std::vector<std::unique_ptr<CoreServices>> cores;

    std::unique_ptr<query::QueryRegistry> queries;

    // Set by core 0 before any core serves; null: nothing is published. Core 0 uses it, and others
    // read its counts.
    std::shared_ptr<LakePublisher> lake;

    // Signs the cookies of sessions.
    const std::string session_key = draw_session_key();
    // Counted by the main thread: the certificates are to be read again.
    Counter reloads;

    io::Milestone serving;   // all cores accept connections
    io::Milestone draining;  // shutdown has begun: /health says so, and balancers turn away
};

struct CoreServices {
    CoreServices(ServerShared& shared_, engine::Core& core_, std::uint64_t node);
    CoreServices(const CoreServices&) = delete;
    CoreServices& operator=(const CoreServices&) = delete;

    // Sets what SHOW STATS and SHOW DIAGNOSTICS tell. It is called before any core serves.
    void set_facts(std::unique_ptr<query::ServerFacts> facts_);

    const Config& config() const { return shared.config; }
    // Reads the clock and brings the Date header up to it.
    std::int64_t update_time() {
        const std::int64_t now = reactor.wall_ns();
        stamp.set_time(now);
        return now;
    }

    ServerShared& shared;
    engine::Core& core;
    io::Reactor& reactor;

    http::ResponseStamp stamp;
    http::NoContentAnswer no_content;
    http::GzipDecoder gzip;
    ingest::LineProtocolParser parser;
    BodyPool bodies;
    ScratchPool scratch;
    std::unique_ptr<query::ServerFacts> facts;
    Authenticator authenticator;
    query::StatementExecutor executor;
    query::UnfinishedRuns unfinished_runs;
    query::ContinuousQueries continuous_queries;  // run by core 0
    Subscriber subscriber;
    RejectRing rejects;
    AccessLog access_log;
    ClientCounter client_counter;
    ClientShares client_shares;
    WriteThrottle write_throttle;  // that of core 0 is for all
    RateLimits rate_limits;        // likewise
    io::Gate background;           // queries with async=true
    query::SeriesCounts series_counts;
    TlsDoor tls;
    ConnectionListener* listener = nullptr;  // while the core serves
    ServerMetrics metrics;
    std::vector<std::unique_ptr<UdpMetrics>> udp_metrics;  // of each [[udp]] table
};

}  // namespace sluice::server
