// Everything but writes and queries: is the server there, is it well, what is it doing.
#pragma once

#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

void answer_ping(Connection& connection);     // GET, HEAD /ping
void answer_status(Connection& connection);   // GET, HEAD /status, older than /ping
void answer_options(Connection& connection);  // OPTIONS: CORS preflight
void answer_ready(Connection& connection);    // GET, HEAD /ready
// For balancers and supervisors: 200 or 503 and one line.
void answer_alive(Connection& connection);                     // /-/healthy
void answer_taking_requests(Connection& connection);           // /-/ready
io::Task<void> handle_health(Connection& connection);          // GET, HEAD /health
io::Task<void> handle_metrics(Connection& connection);         // GET, HEAD /metrics
io::Task<void> handle_variables(Connection& connection);       // /debug/vars
io::Task<void> handle_request_counts(Connection& connection);  // /debug/requests

}  // namespace sluice::server
