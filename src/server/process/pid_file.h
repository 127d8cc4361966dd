// The file that tells init scripts the process to stop.
#pragma once

#include <string>

#include "sluice/base/result.h"

namespace sluice::server {

// It holds the process id from write() until destruction. A process that does not come so far, say
// because another one serves already, leaves what the other has written.
class PidFile {
public:
    // `path` may be empty: then there is none. The error: it could not be written.
    static Result<PidFile> prepare(std::string path);
    PidFile(PidFile&& other) noexcept;
    PidFile& operator=(PidFile&&) = delete;
    ~PidFile();

    void write();

private:
    PidFile(std::string path, bool made) : path_(std::move(path)), ours_(made) {}

    std::string path_;
    bool ours_ = false;  // removed at the end
};

}  // namespace sluice::server
