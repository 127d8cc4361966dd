#include "server/udp/udp_inputs.h"

#include "server/config/config_text.h"
#include "sluice/base/log.h"

namespace sluice::server {

Result<void> UdpInputs::listen() {
    ServerShared& shared = services_.shared;
    const std::vector<UdpSettings>& inputs = services_.config().udp;
    const bool is_first = services_.reactor.core() == 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!inputs[i].enabled) continue;
        HostPort address = *parse_host_port(inputs[i].bind_address);
        if (!is_first) address.port = shared.udp[i]->port;
        SLUICE_TRY(auto listener, UdpListener::listen(services_, i, address.port));
        listeners_.push_back(std::move(listener));
        if (!is_first) continue;
        address.port = shared.udp[i]->port = listeners_.back()->port();
        log_info("udp: listening",
                 {{"address", format_host_port(address)}, {"database", inputs[i].database}});
    }
    return {};
}

void UdpInputs::start() {
    for (const auto& listener : listeners_) listener->start();
}

io::Task<void> UdpInputs::stop() {
    for (const auto& listener : listeners_) co_await listener->stop();
}

}  // namespace sluice::server
