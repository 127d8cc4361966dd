// A listening socket in the file system (AF_UNIX), for programs of this machine.
//
// A file that a process left behind which was killed is taken over; one that somebody listens on,
// and one that is no socket, are left alone. Synchronous; for the start only.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/result.h"

namespace sluice::io {

// Holds the file: it goes with the object, unless somebody else has replaced it.
class LocalAddress {
public:
    LocalAddress() = default;
    LocalAddress(LocalAddress&& other) noexcept;
    LocalAddress& operator=(LocalAddress&& other) noexcept;
    ~LocalAddress();

    // `permissions` are those of chmod(2), `group` is a name or a number, or empty: as it comes.
    // Nobody can connect before both are set.
    static Result<LocalAddress> listen(const std::string& path, std::uint32_t permissions,
                                       const std::string& group);

    // The descriptor that listens; the caller closes it.
    int take_descriptor();

private:
    LocalAddress(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

    std::string path_;  // empty: nothing is held
    int fd_ = -1;
    std::uint64_t device_ = 0;
    std::uint64_t inode_ = 0;
};

}  // namespace sluice::io
