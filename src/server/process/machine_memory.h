// These functions say how much memory this process may use.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace sluice::server {

// Returns the least limit of the control groups that the process is in, those above them included,
// or the largest number if there is none. `membership` is the text of /proc/self/cgroup, `mount`
// where control groups are mounted (version 2, or a folder `memory` of version 1 in it).
std::uint64_t cgroup_memory_limit(std::string_view membership, const std::filesystem::path& mount);

// Returns the machine's memory, or what systemd's MemoryMax= and MemoryHigh= or a container leave
// of it.
std::uint64_t usable_memory_bytes();

}  // namespace sluice::server
