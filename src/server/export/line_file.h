// Where an export goes: a file or standard output, compressed or not, in bounded memory.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/http/gzip_encoder.h"
#include "sluice/http/response.h"

namespace sluice::server {

class LineFile {
public:
    // An empty path: standard output.
    static Result<LineFile> open(const std::string& path, bool compressed);
    LineFile(LineFile&&) noexcept = default;
    LineFile& operator=(LineFile&&) noexcept = default;
    ~LineFile();

    // Where lines are appended to; write_if_full() after some of them.
    std::string& text() { return text_; }
    Result<void> write_if_full();
    // Everything is with the kernel when it is done. Nothing is written after it.
    Result<void> finish();
    std::uint64_t bytes() const { return bytes_; }

private:
    LineFile(std::FILE* file, std::string path, bool compressed);
    Result<void> write();
    Result<void> put(std::string_view bytes);

    struct Closer {
        void operator()(std::FILE* file) const {
            if (file != stdout) std::fclose(file);
        }
    };
    std::unique_ptr<std::FILE, Closer> file_;
    std::string path_;
    std::string text_;
    std::unique_ptr<http::GzipEncoder> gzip_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sluice::server
