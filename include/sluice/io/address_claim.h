// Keeps a second server off an address that the listeners of one server share.
//
// The listeners of the cores share their port by SO_REUSEPORT, and the kernel would deal
// connections to those of any other process of the same user as well. So the first of them is
// preceded by a socket that shares with nobody: it cannot be made while anybody listens on the
// address, nor on one that contains it or is contained in it (":8086" beside "127.0.0.1:8086").
// Once it is there it lets others join, but only those that did not ask to be alone, and goes when
// they listen.
//
// Synchronous; for the start only.
#pragma once

#include <cstdint>
#include <string>

#include "sluice/base/result.h"

namespace sluice::io {

class AddressClaim {
public:
    AddressClaim() = default;
    AddressClaim(AddressClaim&& other) noexcept;
    AddressClaim& operator=(AddressClaim&& other) noexcept;
    ~AddressClaim();

    // `address` is a numeric IPv4 or IPv6 address, `port` is not 0. os_error is EADDRINUSE where
    // somebody listens there.
    static Result<AddressClaim> take(const std::string& address, std::uint16_t port);

private:
    explicit AddressClaim(int fd) : fd_(fd) {}
    int fd_ = -1;
};

}  // namespace sluice::io
