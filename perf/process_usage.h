// What a process has cost so far, as the kernel accounts it in /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace sluice::perf {

struct ProcessUsage {
    double cpu_seconds = 0;        // user and system, all threads, ended ones included; 10 ms steps
    std::uint64_t peak_bytes = 0;  // largest resident set
    std::uint64_t write_bytes = 0;  // sent to storage
};

ProcessUsage read_process_usage(pid_t pid);

// Returns when the process has used less than 3 % of one CPU for `quiet_seconds`, or after
// `timeout_seconds`. False when it timed out.
bool wait_until_idle(pid_t pid, double quiet_seconds, double timeout_seconds);

}  // namespace sluice::perf
