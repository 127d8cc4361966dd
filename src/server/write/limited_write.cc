#include "server/write/limited_write.h"

#include <string>
#include <utility>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "sluice/io/mailbox.h"

namespace sluice::server {
namespace {

// No phrase of it makes Telegraf drop points.
constexpr std::string_view kTooFast = "more is written than the limits allow, try again later";

}  // namespace

io::Task<bool> admit_by_rate(Connection& connection, const WriteRequest& request,
                             RateLimits::Fitting& limits) {
    CoreServices& services = connection.services();
    limits = services.rate_limits.fitting(request.database, connection.user());
    if (limits.empty()) co_return true;
    RateLimits& of_all = services.shared.cores.front()->rate_limits;
    const std::int64_t now_ns = services.reactor.monotonic_ns();
    const auto ask = [&of_all, &limits, now_ns] { return of_all.wait_s(limits, now_ns); };
    const unsigned wait_s = co_await io::call_on(0, ask);
    if (wait_s == 0) co_return true;
    answer_too_fast(connection, request.api == WriteApi::kV2, kTooFast, wait_s);
    co_return false;
}

void charge(Connection& connection, RateLimits::Fitting limits, std::uint64_t points,
            std::uint64_t bytes) {
    if (limits.empty()) return;
    CoreServices& services = connection.services();
    RateLimits& of_all = services.shared.cores.front()->rate_limits;
    const std::int64_t now_ns = services.reactor.monotonic_ns();
    if (services.reactor.core() == 0) {
        of_all.charge(limits, points, bytes, now_ns);
        return;
    }
    io::post_to(0, [&of_all, limits = std::move(limits), points, bytes, now_ns] {
        of_all.charge(limits, points, bytes, now_ns);
    });
}

}  // namespace sluice::server
