#include "server/process/process_info.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef SLUICE_MIMALLOC
#include <mimalloc.h>
#endif

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

std::uint64_t field_of(const char* status, const char* name) {
    const char* found = std::strstr(status, name);
    return found == nullptr ? 0 : std::strtoull(found + std::strlen(name), nullptr, 10);
}

// /proc/self/status is written by the kernel from memory: reading it does not block.
void read_status(ProcessInfo& info) {
    char status[8192];
    const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const ssize_t size = ::read(file, status, sizeof status - 1);
    ::close(file);
    if (size <= 0) return;
    status[size] = '\0';
    info.resident_bytes = field_of(status, "VmRSS:") * kKiB;
    info.resident_peak_bytes = field_of(status, "VmHWM:") * kKiB;
    info.virtual_bytes = field_of(status, "VmSize:") * kKiB;
    info.threads = field_of(status, "Threads:");
}

std::uint64_t nanoseconds(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * kSecondNs +
           static_cast<std::uint64_t>(time.tv_usec) * kMicrosecondNs;
}

}  // namespace

// Asked for by each look at /metrics, on a core: nothing in here waits for a device.
ProcessInfo read_process_info() {
    ProcessInfo info;
    read_status(info);
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    info.cpu_ns = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
#ifdef SLUICE_MIMALLOC
    std::size_t elapsed = 0, user = 0, system = 0, resident = 0, resident_peak = 0, commit = 0,
                commit_peak = 0, faults = 0;
    ::mi_process_info(&elapsed, &user, &system, &resident, &resident_peak, &commit, &commit_peak,
                      &faults);
    info.heap_bytes = commit;
    info.heap_peak_bytes = commit_peak;
    info.page_faults = faults;
#else
    info.heap_bytes = info.resident_bytes;
    info.heap_peak_bytes = info.resident_peak_bytes;
#endif
    return info;
}

}  // namespace sluice::server
