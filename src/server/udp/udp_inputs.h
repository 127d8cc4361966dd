// The UdpInputs of a core: a listener for each [[udp]] table that is enabled.
#pragma once

#include <memory>
#include <vector>

#include "server/udp/udp_listener.h"

namespace sluice::server {

// Belongs to one core. stop() completes before destruction.
class UdpInputs {
public:
    explicit UdpInputs(CoreServices& services) : services_(services) {}

    // Core 0 goes first: it makes sure that nobody else has a port, and may let the kernel choose.
    Result<void> listen();
    void start();
    io::Task<void> stop();

private:
    CoreServices& services_;
    std::vector<std::unique_ptr<UdpListener>> listeners_;
};

}  // namespace sluice::server
