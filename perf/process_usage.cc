#include "process_usage.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace sluice::perf {
namespace {

std::string read_proc(pid_t pid, const char* name) {
    std::string text;
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    std::FILE* file = std::fopen(path.c_str(), "r");
    if (file == nullptr) return text;
    char buffer[4096];
    while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, file)) {
        text.append(buffer, size);
    }
    std::fclose(file);
    return text;
}

std::uint64_t number_after(const std::string& text, const char* label) {
    const std::size_t at = text.find(label);
    if (at == std::string::npos) return 0;
    return std::strtoull(text.c_str() + at + std::strlen(label), nullptr, 10);
}

}  // namespace

ProcessUsage read_process_usage(pid_t pid) {
    ProcessUsage usage;
    const std::string stat = read_proc(pid, "stat");
    // utime and stime are the 12th and 13th words after the command, which ends with the last ')'.
    std::size_t at = stat.rfind(')');
    if (at != std::string::npos) {
        for (int word = 0; word < 12 && at != std::string::npos; ++word)
            at = stat.find(' ', at + 1);
        if (at != std::string::npos) {
            char* rest = nullptr;
            const unsigned long long user = std::strtoull(stat.c_str() + at, &rest, 10);
            const unsigned long long system = std::strtoull(rest, nullptr, 10);
            usage.cpu_seconds =
                static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
        }
    }
    usage.peak_bytes = number_after(read_proc(pid, "status"), "VmHWM:") * 1024;
    usage.write_bytes = number_after(read_proc(pid, "io"), "\nwrite_bytes:");
    return usage;
}

bool wait_until_idle(pid_t pid, double quiet_seconds, double timeout_seconds) {
    constexpr int kPollMs = 500;
    const double quiet_polls = quiet_seconds * 1000 / kPollMs;
    double quiet = 0;
    double before = read_process_usage(pid).cpu_seconds;
    for (double waited = 0; waited < timeout_seconds; waited += kPollMs / 1000.0) {
        usleep(kPollMs * 1000);
        const double now = read_process_usage(pid).cpu_seconds;
        quiet = now - before < 0.03 * kPollMs / 1000.0 ? quiet + 1 : 0;
        before = now;
        if (quiet >= quiet_polls) return true;
    }
    return false;
}

}  // namespace sluice::perf
