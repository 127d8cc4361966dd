#include "server/forward/tls_trust.h"

#include "server/process/tls_files.h"
#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::server {

io::Task<Result<std::shared_ptr<tls::Context>>> TlsTrust::context() {
    if (context_ == nullptr) {
        const auto load = [this] { return load_trust(config_); };
        io::Task<Result<std::shared_ptr<tls::Context>>> loading = io::run_aside(load);
        SLUICE_CO_TRY(context_, co_await loading);
    }
    co_return context_;
}

}  // namespace sluice::server
