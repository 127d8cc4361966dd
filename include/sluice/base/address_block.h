// The block of addresses that one client is taken to have: an address of IPv4 by itself, and of
// IPv6 the 64 bits that a network gives out as a whole, since a host may use any address below
// them.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// `host` is a numeric address without brackets and port, as inet_ntop(3) writes it. What is none,
// as the "@" of a Unix socket, is returned as it is.
std::string address_block(std::string_view host);

}  // namespace sluice
