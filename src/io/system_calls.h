// The few synchronous calls of a backend on a real kernel: short ones, and those of the start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/backend.h"

namespace sluice::io {

std::int64_t system_monotonic_ns();
std::int64_t system_wall_ns();

// Without pipes, sockets and devices: whoever opened one by its name might wait for ever.
Result<std::vector<DirectoryEntry>> system_list_directory(const std::string& path);
Result<std::uint64_t> system_free_space(const std::string& path);
Result<int> system_listen(const std::string& address, std::uint16_t port);
// A listening socket that nobody else listens beside; those who share may join it (AddressClaim).
Result<int> system_claim_address(const std::string& address, std::uint16_t port);
Result<std::uint16_t> system_local_port(int fd);
std::string system_peer_address(int fd);
Result<int> system_open_socket(const std::string& address, std::uint16_t port,
                               std::vector<std::byte>& resolved);
Result<int> system_open_datagram_socket(const std::string& address, std::uint16_t port,
                                        std::vector<std::byte>& resolved);
// A socket for datagrams from anybody. The first one of a port fails where somebody else has it;
// the others join it. `buffer_bytes`: of the kernel, 0 is its own choice.
Result<int> system_bind_datagrams(const std::string& address, std::uint16_t port,
                                  std::uint64_t buffer_bytes, bool is_first);

}  // namespace sluice::io
