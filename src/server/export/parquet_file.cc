#include "server/export/parquet_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "sluice/base/crc32c.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

}  // namespace

// A new name is safe only when its folder has been synced.
Result<void> sync_folder(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return os_failure(errno, "open " + path);
    const int failed = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (failed != 0) return os_failure(failed, "sync " + path);
    return {};
}

// From the outermost missing one inwards, each safe before the next is made in it.
Result<void> make_folders(const std::string& path) {
    std::error_code error;
    std::vector<fs::path> missing;
    fs::path at = fs::absolute(path, error).lexically_normal();
    for (; !error && !fs::exists(at, error) && at.has_relative_path(); at = at.parent_path()) {
        missing.push_back(at);
    }
    if (error) return os_failure(error.value(), "look for " + path);
    for (auto each = missing.rbegin(); each != missing.rend(); ++each) {
        fs::create_directory(*each, error);
        if (error) return os_failure(error.value(), "create " + each->string());
        SLUICE_TRY_VOID(sync_folder(each->parent_path().string()));
    }
    return {};
}

// A file has a hidden name until it is whole, so no reader of the folder sees a part of it, and
// what a crash leaves can be told by its name.
ParquetFile::ParquetFile(std::string folder, const std::string& name)
    : folder_(std::move(folder)),
      path_(folder_ + "/" + name),
      temporary_(folder_ + "/." + name + ".tmp") {}

Result<std::unique_ptr<ParquetFile>> ParquetFile::create(const std::string& folder,
                                                         const std::string& name,
                                                         std::vector<lake::ParquetColumn> columns,
                                                         lake::ParquetOptions options) {
    std::unique_ptr<ParquetFile> made(new ParquetFile(folder, name));
    made->file_.reset(std::fopen(made->temporary_.c_str(), "we"));
    if (made->file_ == nullptr) return os_failure(errno, "create " + made->temporary_);
    ParquetFile* const self = made.get();
    made->writer_ = std::make_unique<lake::ParquetWriter>(
        std::move(columns), std::move(options), [self](ByteSpan bytes) -> Result<void> {
            if (std::fwrite(bytes.data(), 1, bytes.size(), self->file_.get()) != bytes.size()) {
                return os_failure(errno, "write " + self->temporary_);
            }
            self->checksum_ = crc32c(bytes, self->checksum_);
            return {};
        });
    return made;
}

// Whoever gives up leaves nothing behind.
ParquetFile::~ParquetFile() {
    if (file_ != nullptr && !is_finished_) ::unlink(temporary_.c_str());
}

Result<void> ParquetFile::finish() {
    SLUICE_TRY_VOID(writer_->finish());
    if (std::fflush(file_.get()) != 0) return os_failure(errno, "write " + temporary_);
    if (::fsync(::fileno(file_.get())) != 0) return os_failure(errno, "sync " + temporary_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        return os_failure(errno, "rename " + temporary_ + " to " + path_);
    }
    is_finished_ = true;
    return sync_folder(folder_);
}

}  // namespace sluice::server
