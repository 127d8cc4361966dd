#include "server/services/certificate_watch.h"

#include <string>
#include <utility>

#include "server/process/tls_files.h"
#include "sluice/base/log.h"
#include "sluice/io/aside.h"
#include "sluice/io/mailbox.h"

namespace sluice::server {
namespace {

// A signal is noticed within this time.
constexpr std::int64_t kLookNs = kSecondNs / 2;
// Three calls of stat(2), on a thread of their own: a directory may lie on a network.
constexpr std::int64_t kFilesNs = 3 * kSecondNs;
constexpr std::int64_t kTicketKeysNs = kDayNs;

// An expired one is refused only where it would take the place of a good one.
Result<void> check_time(const tls::Context& found, const tls::Context& old, std::int64_t now_s) {
    const bool good = now_s >= found.not_before_s() && now_s < found.not_after_s();
    const bool old_good = now_s >= old.not_before_s() && now_s < old.not_after_s();
    if (good || !old_good) return {};
    return Error{ErrorKind::kInvalid, validity_warning(found, now_s)};
}

// One core after the other, as each has a context of its own. A handshake that has begun keeps the
// context it began with.
io::Task<void> give_to_cores(CoreServices& services, TlsContexts contexts) {
    for (std::uint32_t core = 0; core < contexts.size(); ++core) {
        CoreServices* const theirs = services.shared.cores[core].get();
        const auto& context = contexts[core];
        const auto take = [theirs, &context] { theirs->tls.context = context; };
        co_await io::call_on(core, take);
    }
}

// All cores get the same keys, because a client that resumes a session may come to any of them.
io::Task<void> change_ticket_keys(CoreServices& services) {
    const tls::TicketKeys keys = tls::random_ticket_keys();
    for (std::uint32_t core = 0; core < services.shared.cores.size(); ++core) {
        CoreServices* const theirs = services.shared.cores[core].get();
        const auto take = [theirs, &keys] { theirs->tls.context->set_ticket_keys(keys); };
        co_await io::call_on(core, take);
    }
}

// Reads and checks the files beside the cores. Either all cores get the new certificate or none; a
// mistake in the files costs nothing but a line in the log.
io::Task<void> reload(CoreServices& services) {
    const Config& config = services.config();
    const std::size_t count = services.shared.cores.size();
    const auto load = [&config, count] {
        return load_tls_contexts(config, count, tls::random_ticket_keys());
    };
    io::Task<Result<TlsContexts>> loading = io::run_aside(load);
    Result<TlsContexts> loaded = co_await loading;
    const std::int64_t now_s = services.reactor.wall_ns() / kSecondNs;
    if (loaded.ok()) {
        const auto timely = check_time(*loaded->front(), *services.tls.context, now_s);
        if (!timely.ok()) loaded = timely.error();
    }
    if (!loaded.ok()) {
        log_error("the new certificate is refused and the old one stays",
                  {{"error", loaded.error().message}});
        co_return;
    }
    const std::int64_t days = (loaded->front()->not_after_s() - now_s) / (kDayNs / kSecondNs);
    co_await give_to_cores(services, std::move(loaded).value());
    log_info("new connections get the new certificate",
             {{"certificate", config.http.https_certificate}, {"days_left", days}});
}

}  // namespace

io::Task<void> watch_certificates(CoreServices& services) {
    io::Reactor& reactor = services.reactor;
    co_await reactor.switch_to(io::Share::kBackground);
    const Config& config = services.config();
    const auto look = [&config] { return tls_files_mark(config); };
    // From before the first reading, so that a file that changed while the server started is read
    // again.
    std::string mark = services.shared.tls_mark;
    std::uint64_t reloads = services.shared.reloads.value();
    std::int64_t looked_ns = reactor.monotonic_ns();
    std::int64_t keys_ns = looked_ns;
    for (;;) {
        const bool slept = co_await reactor.sleep_ns(kLookNs);
        if (!slept) co_return;
        const std::int64_t now_ns = reactor.monotonic_ns();
        const std::uint64_t reloads_now = services.shared.reloads.value();
        const bool asked = std::exchange(reloads, reloads_now) != reloads_now;
        if (now_ns - keys_ns >= kTicketKeysNs) {
            keys_ns = now_ns;
            co_await change_ticket_keys(services);
        }
        if (!asked && now_ns - looked_ns < kFilesNs) continue;
        looked_ns = now_ns;
        const std::string found = co_await io::run_aside(look);
        // The mark is kept also where the new files are refused: they are looked at again when they
        // change again, and not every three seconds.
        const bool changed = std::exchange(mark, found) != found;
        if (asked || changed) co_await reload(services);
    }
}

}  // namespace sluice::server
