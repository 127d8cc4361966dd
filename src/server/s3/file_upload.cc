#include "server/s3/file_upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "sluice/base/crc32c.h"
#include "sluice/base/units.h"
#include "sluice/io/aside.h"

namespace sluice::server {
namespace {

// The least that S3 takes as a part is 5 MiB, and the most are 10,000 parts: that is 80 GB.
constexpr std::uint64_t kPartBytes = 8 * kMiB;

struct FilePart {
    std::vector<std::byte> bytes;
    std::string hash;
    std::uint32_t checksum = 0;  // of the file up to its end
};

// Beside the cores: the disk, and a hash of 8 MiB, take tens of milliseconds.
Result<FilePart> read_part(const std::string& path, std::uint64_t begin, std::uint64_t size,
                           std::uint32_t checksum_before) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return os_failure(errno, "open " + path);
    FilePart part;
    part.bytes.resize(size);
    std::size_t filled = 0;
    int failed = 0;
    while (filled < size && failed == 0) {
        const ssize_t got = ::pread(fd, part.bytes.data() + filled, size - filled,
                                    static_cast<off_t>(begin + filled));
        if (got == 0) break;
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
        } else if (errno != EINTR) {
            failed = errno;
        }
    }
    ::close(fd);
    if (failed != 0) return os_failure(failed, "read " + path);
    if (filled < size) return Error{ErrorKind::kCorrupt, path + " is shorter than it was"};
    part.hash = sha256_hex(part.bytes);
    part.checksum = crc32c(part.bytes, checksum_before);
    return part;
}

Error changed(const std::string& path) {
    return {ErrorKind::kCorrupt, path + " is not the file that was written"};
}

class Uploader {
public:
    Uploader(S3Client& client, const FileUpload& upload) : client_(client), upload_(upload) {}

    io::Task<Result<void>> put_whole() {
        SLUICE_CO_TRY(const FilePart part, co_await read(0, upload_.bytes));
        if (part.checksum != upload_.checksum) co_return changed(upload_.path);
        S3Body body{part.bytes, part.hash};
        SLUICE_CO_TRY(const bool is_put,
                      co_await client_.put(upload_.key, std::move(body), upload_.checksum, false));
        if (!is_put) co_return Error{ErrorKind::kConflict, upload_.key + " is there already"};
        co_return Result<void>();
    }

    io::Task<Result<void>> put_parts() {
        SLUICE_CO_TRY(const std::string id,
                      co_await client_.begin_upload(upload_.key, upload_.checksum));
        std::vector<std::string> tags;
        for (std::uint64_t at = 0; at < upload_.bytes; at += kPartBytes) {
            SLUICE_CO_TRY(const FilePart part,
                          co_await read(at, std::min(kPartBytes, upload_.bytes - at)));
            S3Body body{part.bytes, part.hash};
            SLUICE_CO_TRY(std::string tag, co_await client_.put_part(
                                               upload_.key, id, tags.size() + 1, std::move(body)));
            tags.push_back(std::move(tag));
        }
        if (checksum_ != upload_.checksum) co_return changed(upload_.path);
        SLUICE_CO_TRY(const bool is_completed,
                      co_await client_.complete_upload(upload_.key, id, std::move(tags)));
        if (is_completed) co_return Result<void>();
        // An attempt whose answer was lost may have completed it.
        SLUICE_CO_TRY(const std::optional<ObjectFacts> found, co_await client_.find(upload_.key));
        if (found == ObjectFacts{upload_.bytes, upload_.checksum}) co_return Result<void>();
        co_return Error{ErrorKind::kIo, "the upload of " + upload_.key + " was lost by the store"};
    }

private:
    io::Task<Result<FilePart>> read(std::uint64_t begin, std::uint64_t size) {
        const auto work = [this, begin, size] {
            return read_part(upload_.path, begin, size, checksum_);
        };
        io::Task<Result<FilePart>> reading = io::run_aside(work, io::Haste::kBackground);
        SLUICE_CO_TRY(FilePart part, co_await reading);
        checksum_ = part.checksum;
        co_return part;
    }

    S3Client& client_;
    const FileUpload& upload_;
    std::uint32_t checksum_ = 0;  // of what has been read
};

}  // namespace

io::Task<Result<void>> end_uploads(S3Client& client, FileUpload upload) {
    if (upload.bytes <= kPartBytes) co_return Result<void>();
    SLUICE_CO_TRY(const std::vector<std::string> ids, co_await client.list_uploads(upload.key));
    for (const std::string& id : ids) {
        SLUICE_CO_TRY_VOID(co_await client.abort_upload(upload.key, id));
    }
    co_return Result<void>();
}

io::Task<Result<void>> upload_file(S3Client& client, FileUpload upload) {
    Uploader uploader(client, upload);
    io::Task<Result<void>> putting =
        upload.bytes <= kPartBytes ? uploader.put_whole() : uploader.put_parts();
    const Result<void> put = co_await putting;
    if (!put.ok() && put.error().kind == ErrorKind::kCancelled) co_return put;
    const Result<void> ended = co_await end_uploads(client, upload);
    co_return put.ok() ? ended : put;
}

}  // namespace sluice::server
