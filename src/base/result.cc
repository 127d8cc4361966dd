#include "sluice/base/result.h"

#include <cerrno>
#include <cstring>

namespace sluice {

Error os_failure(int os_error, std::string doing) {
    const bool no_space = os_error == ENOSPC || os_error == EDQUOT;
    char text[128];
    // GNU strerror_r: may return a static string instead of filling `text`.
    const char* reason = strerror_r(os_error, text, sizeof text);
    doing += ": ";
    doing += reason;
    return Error{no_space ? ErrorKind::kNoSpace : ErrorKind::kIo, std::move(doing), os_error};
}

}  // namespace sluice
