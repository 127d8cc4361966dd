#include "server/export/line_file.h"

#include <cerrno>
#include <utility>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

// Text is gathered up to this before it is packed or written.
constexpr std::size_t kPieceBytes = kMiB;

}  // namespace

LineFile::LineFile(std::FILE* file, std::string path, bool compressed)
    : file_(file), path_(std::move(path)) {
    if (compressed) gzip_ = std::make_unique<http::GzipEncoder>();
}

LineFile::~LineFile() = default;

Result<LineFile> LineFile::open(const std::string& path, bool compressed) {
    std::FILE* file = path.empty() ? stdout : std::fopen(path.c_str(), "we");
    if (file == nullptr) return os_failure(errno, "create " + path);
    return LineFile(file, path.empty() ? "standard output" : path, compressed);
}

Result<void> LineFile::put(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
        return os_failure(errno, "write " + path_);
    }
    bytes_ += bytes.size();
    return {};
}

Result<void> LineFile::write() {
    if (gzip_ == nullptr) {
        SLUICE_TRY_VOID(put(text_));
    } else {
        http::OutputBuffer packed;
        gzip_->add(text_, packed);
        SLUICE_TRY_VOID(put({packed.data(), packed.size()}));
    }
    text_.clear();
    return {};
}

Result<void> LineFile::write_if_full() {
    return text_.size() < kPieceBytes ? Result<void>() : write();
}

// A file that was written but could not be closed may be short: a full disk shows here at the
// latest.
Result<void> LineFile::finish() {
    SLUICE_TRY_VOID(write());
    if (gzip_ != nullptr) {
        http::OutputBuffer packed;
        gzip_->finish(packed);
        SLUICE_TRY_VOID(put({packed.data(), packed.size()}));
    }
    std::FILE* file = file_.release();
    const int failed = file == stdout ? std::fflush(file) : std::fclose(file);
    if (failed != 0) return os_failure(errno, "write " + path_);
    return {};
}

}  // namespace sluice::server
