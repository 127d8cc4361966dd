#include "server/outgoing/tls_trust.h"

#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::server {

io::Task<Result<std::shared_ptr<tls::Context>>> TlsTrust::context() {
    if (context_ == nullptr) {
        io::Task<Result<std::shared_ptr<tls::Context>>> loading = io::run_aside(load_);
        SLUICE_CO_TRY(context_, co_await loading);
    }
    co_return context_;
}

}  // namespace sluice::server
