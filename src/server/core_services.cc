#include "server/core_services.h"

namespace sluice::server {

const std::string_view kVersion = "1.8.10+sluice." SLUICE_VERSION;

namespace {

// Kept between requests, per core. Batches of 5,000 lines are about 2 MB of text; the largest
// bodies are worth keeping too, since 25 MB of fresh memory cost thousands of page faults.
constexpr std::size_t kBodyBytesKept = 96 * kMiB;
constexpr std::size_t kBodyBytesKeptEach = 64 * kMiB;
constexpr std::size_t kScratchBytesKept = 64 * kMiB;
constexpr std::size_t kScratchBytesKeptEach = 48 * kMiB;

query::QueryLimits query_limits(const Config& config) {
    query::QueryLimits limits;
    limits.windows_max = config.coordinator.max_select_buckets;
    return limits;
}

}  // namespace

CoreServices::CoreServices(ServerShared& shared_, engine::Core& core_, std::uint64_t node)
    : shared(shared_),
      core(core_),
      reactor(core_.reactor()),
      stamp(node),
      no_content(kVersion, kBuild),
      bodies(kBodyBytesKept, kBodyBytesKeptEach),
      scratch(kScratchBytesKept, kScratchBytesKeptEach),
      executor(core_, query_limits(shared_.config)) {}

}  // namespace sluice::server
