// What the handlers of one core share. Everything here belongs to its thread, but for the metrics
// and what ServerShared says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/access_log.h"
#include "server/buffer_pool.h"
#include "server/client_counts.h"
#include "server/config.h"
#include "server/reject_ring.h"
#include "server/server_metrics.h"
#include "server/subscriber.h"
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

// "1.8.10+sluice.0.1.0": clients of 1.x ask for at least 1.4, and read digits and dots.
extern const std::string_view kVersion;
inline constexpr std::string_view kBuild = "OSS";

struct CoreServices;

// One for the process.
struct ServerShared {
    // Fixed before the cores start.
    Config config;
    std::vector<std::string> command_line;
    std::uint64_t connections_max = 0;

    // Set by core 0 before any core serves.
    std::int64_t started_wall_ns = 0;
    std::int64_t started_monotonic_ns = 0;
    std::string bind_address;  // as it became: port 0 is replaced by the real one
    std::uint16_t port = 0;

    // By core; complete before any core serves. Others read only its metrics.
    std::vector<std::unique_ptr<CoreServices>> cores;

    std::unique_ptr<query::QueryRegistry> queries;

    io::Milestone serving;   // all cores accept connections
    io::Milestone draining;  // shutdown has begun: /health says so, and balancers turn away
};

struct CoreServices {
    CoreServices(ServerShared& shared_, engine::Core& core_, std::uint64_t node);
    CoreServices(const CoreServices&) = delete;
    CoreServices& operator=(const CoreServices&) = delete;

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
    query::StatementExecutor executor;
    query::ContinuousQueries continuous_queries;  // run by core 0
    Subscriber subscriber;
    RejectRing rejects;
    AccessLog access_log;
    ClientCounter client_counter;
    io::Gate background;  // queries with async=true
    query::SeriesCounts series_counts;
    ServerMetrics metrics;
};

}  // namespace sluice::server
