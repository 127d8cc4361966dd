// The order of series in lists.

#include <algorithm>
#include <cstddef>

#include "sluice/model/series_key.h"

namespace sluice::model {
namespace {

// Returns what stands at a place of a key, as a number: the end, the end of a name or a value, or a
// byte.
constexpr int kEnd = 0;
constexpr int kSeparator = 1;

int symbol_at(std::string_view key, std::size_t at, bool in_measurement) {
    const auto is_special = [&](char c) {
        return c == ',' || c == ' ' || (c == '=' && !in_measurement);
    };
    const auto byte = [](char c) { return 2 + static_cast<unsigned char>(c); };
    if (at == key.size()) return kEnd;
    const char here = key[at];
    if (here == '\\' && at + 1 < key.size() && is_special(key[at + 1])) return byte(key[at + 1]);
    return is_special(here) && here != ' ' ? kSeparator : byte(here);
}

}  // namespace

// Compares keys as if their names and values were compared one after the other, unescaped: so an
// end comes before everything, and what separates comes before every byte of a longer name. Only
// the place where the keys differ is looked at, since all before it is equal.
bool series_precedes(std::string_view a, std::string_view b) {
    const auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    auto at = static_cast<std::size_t>(left - a.begin());
    if (left == a.end() && right == b.end()) return false;
    // The difference may be in what a backslash escapes.
    if (at > 0 && a[at - 1] == '\\') --at;
    std::size_t comma = a.substr(0, at).find(',');
    while (comma != std::string_view::npos && comma > 0 && a[comma - 1] == '\\') {
        comma = a.substr(0, at).find(',', comma + 1);
    }
    const bool in_measurement = comma == std::string_view::npos;
    const int symbol = symbol_at(a, at, in_measurement);
    const int other = symbol_at(b, at, in_measurement);
    if (symbol != other) return symbol < other;
    // The backslash stands for itself.
    return symbol_at(a, at + 1, in_measurement) < symbol_at(b, at + 1, in_measurement);
}

}  // namespace sluice::model
