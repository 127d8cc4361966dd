// The LocalListener accepts on the Unix socket and deals the connections out to the cores in turn:
// of several listeners on one such socket the kernel would always wake the same one.
#pragma once

#include <cstdint>
#include <memory>

#include "server/services/core_services.h"
#include "sluice/io/gate.h"
#include "sluice/io/local_address.h"
#include "sluice/io/socket.h"

namespace sluice::server {

// It belongs to core 0. stop() completes before destruction, and before that of the listeners.
class LocalListener {
public:
    // As the configuration says.
    static Result<std::unique_ptr<LocalListener>> listen(CoreServices& services);

    void start();
    io::Task<void> stop();

private:
    LocalListener(CoreServices& services, io::LocalAddress address);
    io::Task<void> accept_all();

    CoreServices& services_;
    io::LocalAddress address_;
    io::Listener listener_;
    io::Gate gate_;
};

}  // namespace sluice::server
