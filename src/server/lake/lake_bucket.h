// A lake in a bucket of S3. Files are made in a folder of this machine and become objects under
// their final names; what is there already is told by size and checksum.
#pragma once

#include <string>

#include "server/lake/lake_target.h"
#include "server/outgoing/tls_trust.h"
#include "server/s3/s3_client.h"
#include "sluice/base/metrics.h"

namespace sluice::server {

class LakeBucket final : public LakeTarget {
public:
    // `credentials_file`: see load_credentials(). `retries` outlives it.
    LakeBucket(io::Reactor& reactor, BucketAddress address, std::string credentials_file,
               std::string node, std::string stage, SendPace pace, Counter& retries,
               std::uint64_t seed);

    io::Task<Result<std::string>> read(std::string path, std::uint64_t bytes) override;
    void give_up() override { client_.give_up(); }
    io::Task<void> close() override { return client_.close(); }

private:
    io::Task<Result<std::optional<std::string>>> read_owner() override;
    io::Task<Result<void>> write_owner(std::string text) override;
    io::Task<Result<void>> bring(Arrival arrival) override;
    io::Task<Result<void>> take_away(Departure departure) override;

    // They may be others than before: whoever lends them for a while puts new ones into the file.
    io::Task<Result<void>> take_credentials();

    const std::string credentials_file_;
    TlsTrust trust_;
    S3Client client_;
};

}  // namespace sluice::server
