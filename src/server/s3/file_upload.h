// A file of this machine that becomes an object: in one request, or in parts where it is large.
#pragma once

#include <cstdint>
#include <string>

#include "server/s3/s3_client.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::server {

struct FileUpload {
    std::string path;
    std::string key;
    std::uint64_t bytes = 0;     // of the file
    std::uint32_t checksum = 0;  // CRC-32C of it
};

// The object is there as a whole when it is there, and find() says the checksum. The file is read
// beside the cores, and a part of it is in memory. kCorrupt: it is not the file that it should be;
// then nothing is there.
io::Task<Result<void>> upload_file(S3Client& client, FileUpload upload);
// Aborts what upload_file() has begun for such a file and not ended, at whatever time: parts take
// space, and nobody sees them. upload_file() does so by itself when it comes to its end.
io::Task<Result<void>> end_uploads(S3Client& client, FileUpload upload);

}  // namespace sluice::server
