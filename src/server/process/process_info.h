// ProcessInfo is what the operating system and the allocator say about this process.
#pragma once

#include <cstdint>

namespace sluice::server {

struct ProcessInfo {
    std::uint64_t cpu_ns = 0;
    std::uint64_t resident_bytes = 0;
    std::uint64_t resident_peak_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t heap_bytes = 0;  // what the allocator holds from the system
    std::uint64_t heap_peak_bytes = 0;
    std::uint64_t page_faults = 0;
    std::uint64_t threads = 0;
};

ProcessInfo read_process_info();

}  // namespace sluice::server
