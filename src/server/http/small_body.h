// The body of a request that is no write: small, and held as a whole.
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/services/buffer_pool.h"
#include "sluice/engine/admission.h"
#include "sluice/io/task.h"

namespace sluice::server {

class Connection;

enum class SmallBody : std::uint8_t {
    kWhole,
    kSettled,     // there is no room, which has been answered, or the client is gone
    kTooLarge,    // for the caller to answer, as the next one
    kUnreadable,  // broken chunks, or cut off
};

// Asks admission for room and receives the body of the present request. The shape is that of the
// answer where there is no room. Everything outlives the task; `permit` holds the room afterwards.
io::Task<SmallBody> receive_small_body(Connection& connection, std::size_t bytes_max,
                                       bool platform_shape, engine::Permit& permit,
                                       BodyBuffer& body);

}  // namespace sluice::server
