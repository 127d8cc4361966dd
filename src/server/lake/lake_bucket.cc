#include "server/lake/lake_bucket.h"

#include <algorithm>
#include <utility>

#include "server/s3/credentials_source.h"
#include "server/s3/file_upload.h"
#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"
#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

// Of an owner's mark, which has twenty digits.
constexpr std::uint64_t kOwnerBytesMax = 64;
// Of an object, in one request.
constexpr std::uint64_t kReadBytes = 8 * kMiB;

Error gone(const std::string& path) {
    return {ErrorKind::kNotFound, path + " is not in the bucket"};
}

}  // namespace

// Whom the system trusts is asked, as by any other program of the machine.
LakeBucket::LakeBucket(io::Reactor& reactor, BucketAddress address, std::string credentials_file,
                       std::string node, std::string stage, SendPace pace, Counter& retries,
                       std::uint64_t seed)
    : LakeTarget(std::move(node), std::move(stage)),
      credentials_file_(std::move(credentials_file)),
      trust_([] { return tls::Context::for_client({}); }),
      client_(reactor, std::move(address), trust_, std::move(pace), retries, seed) {}

io::Task<Result<void>> LakeBucket::take_credentials() {
    const auto load = [this] { return load_credentials(credentials_file_); };
    io::Task<Result<S3Credentials>> loading = io::run_aside(load, io::Haste::kBackground);
    SLUICE_CO_TRY(S3Credentials credentials, co_await loading);
    client_.set_credentials(std::move(credentials));
    co_return Result<void>();
}

io::Task<Result<std::optional<std::string>>> LakeBucket::read_owner() {
    SLUICE_CO_TRY_VOID(co_await take_credentials());
    Result<std::optional<std::string>> found =
        co_await client_.get(owner_path(), 0, kOwnerBytesMax);
    if (!found.ok() && found.error().kind == ErrorKind::kNotFound) {
        co_return Error{ErrorKind::kNotFound, "the bucket of the lake is not there"};
    }
    co_return found;
}

// Two that find nothing at the same time cannot both have put it.
io::Task<Result<void>> LakeBucket::write_owner(std::string text) {
    const ByteSpan bytes = as_byte_span(std::string_view(text));
    S3Body body{bytes, sha256_hex(bytes)};
    SLUICE_CO_TRY_VOID(co_await client_.put(owner_path(), std::move(body), crc32c(bytes), true));
    co_return Result<void>();
}

// Whether it has been put before, by an attempt that nobody has an answer of, the object itself
// says.
io::Task<Result<void>> LakeBucket::bring(Arrival arrival) {
    FileUpload upload{std::move(arrival.staged), std::move(arrival.path), arrival.facts.bytes,
                      arrival.facts.checksum};
    SLUICE_CO_TRY(const std::optional<ObjectFacts> found, co_await client_.find(upload.key));
    if (!found) co_return co_await upload_file(client_, std::move(upload));
    if (found != ObjectFacts{upload.bytes, upload.checksum}) {
        co_return Error{ErrorKind::kConflict,
                        upload.key + " is in the bucket already: somebody else has written it"};
    }
    co_return co_await end_uploads(client_, std::move(upload));
}

// The bucket is asked what it has: a request that was given up may have been carried out long
// after, when nobody remembers it any more.
io::Task<Result<void>> LakeBucket::take_away(Departure departure) {
    SLUICE_CO_TRY(const std::vector<std::string> found, co_await client_.list(departure.prefix));
    std::set<std::string> leaving(departure.leaving.begin(), departure.leaving.end());
    leaving.insert(found.begin(), found.end());
    for (const std::string& path : leaving) {
        if (departure.staying.contains(path)) continue;
        SLUICE_CO_TRY_VOID(co_await client_.remove(path));
    }
    co_return Result<void>();
}

io::Task<Result<std::string>> LakeBucket::read(std::string path, std::uint64_t bytes) {
    SLUICE_CO_TRY_VOID(co_await take_credentials());
    SLUICE_CO_TRY(const std::optional<ObjectFacts> found, co_await client_.find(path));
    if (!found) co_return gone(path);
    std::string text;
    while (text.size() < found->bytes && text.size() < bytes) {
        const std::uint64_t end = std::min(found->bytes, text.size() + kReadBytes);
        SLUICE_CO_TRY(const std::optional<std::string> piece,
                      co_await client_.get(path, text.size(), end));
        if (!piece || piece->empty()) co_return gone(path);
        text += *piece;
    }
    co_return text;
}

}  // namespace sluice::server
