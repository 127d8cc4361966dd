#include "sluice/io/address_claim.h"

#include <unistd.h>

#include <utility>

#include "system_calls.h"

namespace sluice::io {

// A move leaves the claim with one owner: the address is given up when its descriptor is closed.
AddressClaim::AddressClaim(AddressClaim&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

AddressClaim& AddressClaim::operator=(AddressClaim&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

AddressClaim::~AddressClaim() {
    if (fd_ >= 0) ::close(fd_);
}

Result<AddressClaim> AddressClaim::take(const std::string& address, std::uint16_t port) {
    SLUICE_TRY(const int fd, system_claim_address(address, port));
    return AddressClaim(fd);
}

}  // namespace sluice::io
