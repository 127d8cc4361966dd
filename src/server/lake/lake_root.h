// Where a lake is, by its settings: the folder or the bucket that its root names.
#pragma once

#include <cstdint>
#include <memory>

#include "server/config/lake_settings.h"
#include "server/lake/file_steps.h"
#include "server/lake/lake_ledger.h"
#include "server/lake/lake_target.h"
#include "server/s3/s3_client.h"
#include "sluice/base/metrics.h"
#include "sluice/io/reactor.h"

namespace sluice::server {

// For a node's place whose root is settings.place(). What is sent to a bucket goes by `pace`;
// `retries` counts what was sent to one once more. References outlive the target.
std::unique_ptr<LakeTarget> make_lake_target(io::Reactor& reactor, const LakeSettings& settings,
                                             const LakePlace& place, FileSteps& steps,
                                             SendPace pace, Counter& retries, std::uint64_t seed);

// kInvalid, with a sentence for the operator: each setting can be understood, and yet the publisher
// could do nothing. It reads the disk.
Result<void> check_lake_access(const LakeSettings& settings);

}  // namespace sluice::server
