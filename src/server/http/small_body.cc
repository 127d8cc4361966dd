#include "server/http/small_body.h"

#include <utility>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// Such bodies are small and few, so room for one comes back within moments.
constexpr unsigned kRetryAfterS = 1;

}  // namespace

io::Task<SmallBody> receive_small_body(Connection& connection, std::size_t bytes_max,
                                       bool platform_shape, engine::Permit& permit,
                                       BodyBuffer& body) {
    auto admitted = connection.services().core.admission().try_admit_read(
        connection.request().content_length, connection.client_bodies());
    if (!admitted.ok()) {
        answer_overload(connection, platform_shape, admitted.error().message, kRetryAfterS);
        co_return SmallBody::kSettled;
    }
    permit = std::move(admitted).value();
    if (connection.take_buffered_body(body, bytes_max)) co_return SmallBody::kWhole;
    const BodyStatus status = co_await connection.read_body(body, bytes_max, permit);
    switch (status) {
        case BodyStatus::kComplete:
            co_return SmallBody::kWhole;
        case BodyStatus::kTooLarge:
            co_return SmallBody::kTooLarge;
        case BodyStatus::kBusy:
            answer_overload(connection, platform_shape, model::kServerBusy, kRetryAfterS);
            co_return SmallBody::kSettled;
        case BodyStatus::kGone:
            co_return SmallBody::kSettled;
        case BodyStatus::kMalformed:
        case BodyStatus::kCut:
            break;
    }
    co_return SmallBody::kUnreadable;
}

}  // namespace sluice::server
