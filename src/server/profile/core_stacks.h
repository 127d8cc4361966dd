// Stacks of all cores: over a while, or as they are now.
#pragma once

#include <cstdint>
#include <vector>

#include "server/services/core_services.h"
#include "sluice/base/result.h"
#include "sluice/io/stack_sampler.h"
#include "sluice/io/task.h"

namespace sluice::server {

// Of CPU time: a sample of each core for each so much of its time.
inline constexpr std::int64_t kCpuPeriodNs = 10 * kMillisecondNs;

// Samples until `duration_ns` have passed, `ended` is set, which is looked at a few times a second,
// or the server stops. kConflict: somebody does so already.
io::Task<Result<std::vector<io::StackSample>>> sample_cpu(CoreServices& here,
                                                          std::int64_t duration_ns,
                                                          const bool& ended);
// One sample of each core.
io::Task<Result<std::vector<io::StackSample>>> look_at_cores(CoreServices& here);

}  // namespace sluice::server
