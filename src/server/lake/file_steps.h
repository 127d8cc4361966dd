// The changes of files that publishing consists of. Each is durable when it has succeeded, and what
// the process leaves behind when it ends between two of them is what the next start finds.
//
// Synchronous: to be called beside the cores.
#pragma once

#include <string>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"

namespace sluice::server {

class FileSteps {
public:
    virtual ~FileSteps() = default;
    // The file is there. After a failure a part of the bytes may be at its end.
    virtual Result<void> append(const std::string& path, ByteSpan bytes);
    // The file has these bytes and no others, or is as it was.
    virtual Result<void> replace(const std::string& path, ByteSpan bytes);
    // Makes the folder of `to` first.
    virtual Result<void> rename(const std::string& from, const std::string& to);
    // Fails where it is not there with kNotFound.
    virtual Result<void> remove(const std::string& path);
};

bool is_there(const std::string& path);
// kNotFound: there is none.
Result<std::string> read_file(const std::string& path);

}  // namespace sluice::server
