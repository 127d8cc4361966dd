// What one core has for TLS with its clients: the certificate in force, and counters.
#pragma once

#include <memory>

#include "sluice/base/metrics.h"
#include "sluice/tls/context.h"

namespace sluice::server {

// `context` belongs to the core and is replaced by it (CertificateWatch); connections keep the one
// that they began with. Any core may read the counters.
struct TlsDoor {
    std::shared_ptr<tls::Context> context;  // null: no TLS

    Counter handshakes;          // that came to their end
    Counter handshakes_resumed;  // likewise, of clients that were here before
    Counter handshakes_failed;   // no common version, a certificate that is not taken, garbage
    Counter handshakes_late;     // not done in time, or given up for others
    Counter plain_requests;      // HTTP without TLS
    Counter handshakes_unfinished;
};

}  // namespace sluice::server
