// How many connections the server takes at the same time.
//
// Stores need descriptors, too: segments that are read, logs, manifests. Clients who only hold
// connections open must not be able to take them away, so a share is kept back.
#pragma once

#include <cstdint>

namespace sluice::server {

// Of the process; what `configured` (max-connection-limit, 0: none) and the descriptors allow.
std::uint64_t connection_limit(std::uint64_t configured, std::uint64_t descriptors);

// How many files of segments may be open: the larger part of what connections leave.
std::uint64_t open_segments_limit(std::uint64_t descriptors);

// The process's own bound, RLIMIT_NOFILE.
std::uint64_t descriptor_limit();

}  // namespace sluice::server
