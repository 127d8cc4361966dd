#include "engine/store_layout.h"

#include <algorithm>
#include <cstdlib>

#include "sluice/base/check.h"

namespace sluice::engine {

bool is_store_name(std::string_view name) {
    if (name.size() < 4 || name.size() > 9) return false;
    if (name.size() > 4 && name[0] == '0') return false;
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           name != "0000";
}

std::uint32_t store_number(const std::string& name) {
    return static_cast<std::uint32_t>(std::strtoul(name.c_str(), nullptr, 10));
}

std::vector<std::vector<std::string>> deal_stores(std::vector<std::string> on_disk,
                                                  std::uint32_t cores) {
    SLUICE_CHECK(cores != 0);
    const auto number = [](const std::string& name) { return std::atol(name.c_str()); };
    // By number and dealt in turn: with as many stores as cores, store n goes to core n - 1 every
    // time.
    std::sort(on_disk.begin(), on_disk.end(),
              [&](const std::string& a, const std::string& b) { return number(a) < number(b); });
    long next = on_disk.empty() ? 1 : number(on_disk.back()) + 1;
    while (on_disk.size() < cores) {
        const std::string digits = std::to_string(next++);
        on_disk.push_back(std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits);
    }
    std::vector<std::vector<std::string>> dealt(cores);
    for (std::size_t i = 0; i < on_disk.size(); ++i) dealt[i % cores].push_back(on_disk[i]);
    return dealt;
}

}  // namespace sluice::engine
