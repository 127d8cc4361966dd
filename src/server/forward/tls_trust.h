// The TlsTrust of a core says whose certificates are good for destinations by https.
#pragma once

#include <memory>

#include "server/config/config.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/tls/context.h"

namespace sluice::server {

// It belongs to one core. Whoever asks has been answered before destruction.
class TlsTrust {
public:
    explicit TlsTrust(const Config::Subscriber& config) : config_(config) {}

    // The authorities are read beside the cores when they are asked for first: those of a system
    // take tens of milliseconds. A failure is not kept.
    io::Task<Result<std::shared_ptr<tls::Context>>> context();

private:
    const Config::Subscriber& config_;
    std::shared_ptr<tls::Context> context_;
};

}  // namespace sluice::server
