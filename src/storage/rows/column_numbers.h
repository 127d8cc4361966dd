// Finds columns by their names, whether a statement asks for one of tens of thousands or for all of
// them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::storage {

// For as many lookups as `wanted`: a few go through the list, more share a map. The columns, each
// of which has a `name`, outlive it.
template <typename Column>
class ColumnNumbers {
public:
    ColumnNumbers(std::span<const Column> present, std::size_t wanted) : present_(present) {
        constexpr std::size_t kFew = 8;
        if (wanted <= kFew) return;
        mapped_ = true;
        for (std::uint32_t i = 0; i < present.size(); ++i) map_.try_emplace(present[i].name, i);
    }

    std::optional<std::uint32_t> find(const std::string& name) const {
        if (mapped_) {
            const auto found = map_.find(name);
            return found == map_.end() ? std::nullopt : std::optional(found->second);
        }
        const auto found = std::find_if(present_.begin(), present_.end(),
                                        [&](const auto& each) { return each.name == name; });
        if (found == present_.end()) return std::nullopt;
        return static_cast<std::uint32_t>(found - present_.begin());
    }

private:
    std::span<const Column> present_;
    bool mapped_ = false;
    std::unordered_map<std::string_view, std::uint32_t> map_;
};

}  // namespace sluice::storage
