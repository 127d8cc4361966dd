// How large a write and what is in it may be.
#pragma once

#include <cstddef>

#include "server/config/config.h"
#include "server/write/write_handler.h"

namespace sluice::server {

// Of a body, before and after inflating. `memory_bytes_max`: what all bodies together may take.
std::size_t body_bytes_max(const Config& config, WriteApi api, std::size_t memory_bytes_max);
// Rows times fields of a batch, which take eight bytes each, with a value or without: a quarter of
// what all bodies together may take, but enough for a batch of ordinary size.
std::uint64_t cells_max(std::uint64_t memory_bytes_max);
// Of one string value.
std::size_t string_bytes_max(const Config& config);

}  // namespace sluice::server
