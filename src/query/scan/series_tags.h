// These read the tags of a series as they stand in the canonical bytes of its key.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "sluice/model/series_key.h"

namespace sluice::query {

// Calls see(name, value), both escaped, for the tags of a canonical key until it says false. Tags
// come in the order of their names. A backslash and the byte behind it are one byte of text, so a
// comma or equals sign there ends nothing.
template <typename See>
void for_each_tag(std::string_view key, See&& see) {
    const auto unescaped_end = [&](std::size_t from, char stop) {
        std::size_t at = from;
        while (at < key.size() && key[at] != stop)
            at += key[at] == '\\' && at + 1 < key.size() ? 2 : 1;
        return std::min(at, key.size());
    };
    std::size_t at = unescaped_end(0, ',');
    while (at < key.size()) {
        const std::size_t name_at = at + 1;
        const std::size_t equals = unescaped_end(name_at, '=');
        const std::size_t end = unescaped_end(std::min(equals + 1, key.size()), ',');
        const std::string_view value =
            equals + 1 <= end ? key.substr(equals + 1, end - equals - 1) : std::string_view();
        if (!see(key.substr(name_at, equals - name_at), value)) return;
        at = end;
    }
}

// Returns the value of a tag in the canonical bytes of a series, or an empty text if the series
// does not have it. It is unescaped into `scratch` if that is needed.
inline std::string_view tag_in_key(std::string_view key, std::string_view tag,
                                   std::string& scratch) {
    std::string_view found;
    for_each_tag(key, [&](std::string_view name, std::string_view value) {
        const bool escaped = name.find('\\') != std::string_view::npos;
        if (escaped ? model::unescape_tag(name) != tag : name != tag) return true;
        found = value;
        return false;
    });
    if (found.find('\\') == std::string_view::npos) return found;
    scratch = model::unescape_tag(found);
    return scratch;
}

}  // namespace sluice::query
