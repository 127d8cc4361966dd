#include "server/process/connection_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace sluice::server {
namespace {

// For stores and everything else that is no client: half of what there is, and at most this. A
// segment is one descriptor, and a store of years of data has thousands.
constexpr std::uint64_t kReservedMax = 16 * 1024;

std::uint64_t reserved(std::uint64_t descriptors) {
    return std::min(descriptors / 2, kReservedMax);
}

}  // namespace

// Of what is reserved, half is for segments that are open; logs, manifests and a merge's inputs and
// outputs take the rest.
std::uint64_t open_segments_limit(std::uint64_t descriptors) {
    return reserved(descriptors) / 2;
}

std::uint64_t connection_limit(std::uint64_t configured, std::uint64_t descriptors) {
    const std::uint64_t allowed = std::max<std::uint64_t>(descriptors - reserved(descriptors), 1);
    return configured == 0 ? allowed : std::min(configured, allowed);
}

std::uint64_t descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    return limit.rlim_cur;
}

}  // namespace sluice::server
