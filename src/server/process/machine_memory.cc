#include "server/process/machine_memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <string>

namespace sluice::server {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// A file that says "max" or does not exist is no limit.
std::uint64_t limit_in(const std::filesystem::path& path) {
    const std::string text = read_text(path);
    std::uint64_t bytes = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bytes);
    return parsed.ec == std::errc() ? bytes : kUnlimited;
}

// From the group up to the mount: a limit of any group above holds as well, and the least of them
// is what the kernel enforces. Which of the files exist depends on the version of cgroups.
std::uint64_t least_limit(const std::filesystem::path& mount, std::string_view group,
                          std::initializer_list<const char*> files) {
    std::uint64_t least = kUnlimited;
    for (;;) {
        const std::filesystem::path folder = mount / group.substr(group.starts_with('/') ? 1 : 0);
        for (const char* file : files) least = std::min(least, limit_in(folder / file));
        if (group.empty()) return least;
        group = group.substr(0, group.rfind('/') == std::string_view::npos ? 0 : group.rfind('/'));
    }
}

}  // namespace

// Lines are "number:controllers:group".
std::uint64_t cgroup_memory_limit(std::string_view membership, const std::filesystem::path& mount) {
    std::uint64_t least = kUnlimited;
    while (!membership.empty()) {
        const std::string_view line = membership.substr(0, membership.find('\n'));
        membership.remove_prefix(std::min(line.size() + 1, membership.size()));
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string_view::npos || second == std::string_view::npos) continue;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const std::string_view group = line.substr(second + 1);
        if (controllers.empty()) {
            least = std::min(least, least_limit(mount, group, {"memory.max", "memory.high"}));
        } else if (controllers == "memory") {
            least =
                std::min(least, least_limit(mount / "memory", group, {"memory.limit_in_bytes"}));
        }
    }
    return least;
}

// In a container the machine's memory says nothing, and a server that believes it is killed by the
// kernel when it uses what it was not given.
std::uint64_t usable_memory_bytes() {
    const std::uint64_t machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                                  static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return std::min(machine, cgroup_memory_limit(read_text("/proc/self/cgroup"), "/sys/fs/cgroup"));
}

}  // namespace sluice::server
