#include "sluice/base/address_block.h"

#include <cstddef>
#include <vector>

namespace sluice {
namespace {

constexpr std::size_t kGroups = 8;       // of 16 bits each, in an address of IPv6
constexpr std::size_t kBlockGroups = 4;  // of these, 64 bits

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> groups;
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        groups.push_back(text.substr(0, colon));
        if (colon == std::string_view::npos) break;
        text.remove_prefix(colon + 1);
    }
    return groups;
}

}  // namespace

std::string address_block(std::string_view host) {
    if (host.find(':') == std::string_view::npos) return std::string(host);
    // "::" stands for as many groups of zeroes as are missing.
    const std::size_t gap = host.find("::");
    std::vector<std::string_view> groups = split(host.substr(0, gap));
    if (gap != std::string_view::npos) {
        const std::vector<std::string_view> behind = split(host.substr(gap + 2));
        while (groups.size() + behind.size() < kGroups) groups.emplace_back("0");
        groups.insert(groups.end(), behind.begin(), behind.end());
    }
    std::string block;
    for (std::size_t i = 0; i < kBlockGroups && i < groups.size(); ++i) {
        block.append(groups[i]).append(":");
    }
    return block + ":/64";
}

}  // namespace sluice
