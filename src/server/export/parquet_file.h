// A Parquet file that is there as a whole or not at all, also after a crash: it is written under
// another name, made durable and then renamed.
//
// Synchronous.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/lake/parquet_writer.h"

namespace sluice::server {

// Makes `path` and the folders above it as far as they are missing, durably.
Result<void> make_folders(const std::string& path);
// The names that a folder has got or lost are durable.
Result<void> sync_folder(const std::string& path);

class ParquetFile {
public:
    // `folder` is there.
    static Result<std::unique_ptr<ParquetFile>> create(const std::string& folder,
                                                       const std::string& name,
                                                       std::vector<lake::ParquetColumn> columns,
                                                       lake::ParquetOptions options);
    // Without finish() nothing is left of the file.
    ~ParquetFile();

    lake::ParquetWriter& writer() { return *writer_; }
    // CRC-32C of what has been written.
    std::uint32_t checksum() const { return checksum_; }
    // The file has its name, and keeps it when the machine fails.
    Result<void> finish();

private:
    ParquetFile(std::string folder, const std::string& name);

    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::string folder_;
    const std::string path_;
    const std::string temporary_;  // no reader takes it for a Parquet file
    std::unique_ptr<std::FILE, Closer> file_;
    std::unique_ptr<lake::ParquetWriter> writer_;
    std::uint32_t checksum_ = 0;
    bool is_finished_ = false;
};

}  // namespace sluice::server
