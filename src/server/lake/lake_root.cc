#include "server/lake/lake_root.h"

#include <utility>

#include "server/lake/lake_bucket.h"
#include "server/lake/lake_folder.h"
#include "server/s3/credentials_source.h"

namespace sluice::server {

std::unique_ptr<LakeTarget> make_lake_target(io::Reactor& reactor, const LakeSettings& settings,
                                             const LakePlace& place, FileSteps& steps,
                                             SendPace pace, Counter& retries, std::uint64_t seed) {
    if (!settings.is_bucket()) {
        return std::make_unique<LakeFolder>(steps, place.root, place.node);
    }
    return std::make_unique<LakeBucket>(
        reactor, settings.bucket(), settings.credentials_file, place.node,
        stage_path(place.data_directory, place.root, place.node), std::move(pace), retries, seed);
}

Result<void> check_lake_access(const LakeSettings& settings) {
    if (!settings.enabled || !settings.is_bucket()) return {};
    const Result<S3Credentials> found = load_credentials(settings.credentials_file);
    if (!found.ok()) return found.error();
    return {};
}

}  // namespace sluice::server
