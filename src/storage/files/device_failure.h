// Which errors speak of the device under a file, and which only of this process.
#pragma once

#include <cerrno>

#include "sluice/base/result.h"

namespace sluice::storage {

// Whether the bytes may be lost. Missing rights, descriptors or memory say nothing about the file:
// it is neither damaged nor set aside for them.
inline bool is_device_failure(const Error& error) {
    if (error.kind != ErrorKind::kIo) return false;
    switch (error.os_error) {
        case EACCES:
        case EPERM:
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EROFS:
            return false;
        default:
            return true;
    }
}

// Whether a reader may go on without the bytes that it could not get.
inline bool is_damage(const Error& error) {
    return error.kind == ErrorKind::kCorrupt || error.kind == ErrorKind::kNotFound ||
           is_device_failure(error);
}

}  // namespace sluice::storage
