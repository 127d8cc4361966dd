#include "server/http/local_listener.h"

#include "server/config/config_text.h"
#include "server/http/listener.h"
#include "sluice/base/log.h"
#include "sluice/io/mailbox.h"

namespace sluice::server {
namespace {

io::Task<void> close_unserved(io::Socket socket) {
    co_await socket.close();
}

}  // namespace

LocalListener::LocalListener(CoreServices& services, io::LocalAddress address)
    : services_(services),
      address_(std::move(address)),
      listener_(io::Listener::adopt(services.reactor, address_.take_descriptor())) {}

Result<std::unique_ptr<LocalListener>> LocalListener::listen(CoreServices& services) {
    const Config::Http& config = services.config().http;
    SLUICE_TRY(io::LocalAddress address,
               io::LocalAddress::listen(config.bind_socket,
                                        *parse_permissions(config.unix_socket_permissions),
                                        config.unix_socket_group));
    return std::unique_ptr<LocalListener>(new LocalListener(services, std::move(address)));
}

void LocalListener::start() {
    gate_.spawn(accept_all());
}

io::Task<void> LocalListener::accept_all() {
    const auto& cores = services_.shared.cores;
    for (std::size_t turn = 0;; ++turn) {
        const auto accepted = co_await listener_.accept_descriptor();
        if (!accepted.ok()) {
            if (accepted.error().kind != ErrorKind::kCancelled) {
                log_error("accepting connections has ended", {{"error", accepted.error().message}});
            }
            co_return;
        }
        const auto core = static_cast<std::uint32_t>(turn % cores.size());
        CoreServices* const theirs = cores[core].get();
        const int fd = *accepted;
        const auto take = [theirs, fd] {
            io::Socket socket = io::Socket::adopt(theirs->reactor, fd);
            // A core that has stopped has no listener any more.
            return theirs->listener == nullptr ? close_unserved(std::move(socket))
                                               : theirs->listener->take(std::move(socket));
        };
        co_await io::call_on(core, take);
    }
}

io::Task<void> LocalListener::stop() {
    listener_.stop();
    co_await gate_.close();
    co_await listener_.close();
}

}  // namespace sluice::server
