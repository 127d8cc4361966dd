// The TlsTrust of a core says whose certificates are good for servers that this one is a client of.
#pragma once

#include <functional>
#include <memory>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/tls/context.h"

namespace sluice::server {

// It belongs to one core. Whoever asks has been answered before destruction.
class TlsTrust {
public:
    using Loader = std::function<Result<std::shared_ptr<tls::Context>>()>;

    // `load` is called beside the cores.
    explicit TlsTrust(Loader load) : load_(std::move(load)) {}

    // The authorities are read when they are asked for first: those of a system take tens of
    // milliseconds. A failure is not kept.
    io::Task<Result<std::shared_ptr<tls::Context>>> context();

private:
    const Loader load_;
    std::shared_ptr<tls::Context> context_;
};

}  // namespace sluice::server
