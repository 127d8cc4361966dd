#include "sluice/meta/retention_policy.h"

#include <algorithm>
#include <iterator>

namespace sluice::meta {
namespace {

struct RuneRange {
    char32_t first;
    char32_t last;
};

// What Go's unicode.IsPrint refuses among assigned characters: controls, every space but U+0020,
// invisible format characters, surrogates and private use. Sorted.
constexpr RuneRange kUnprintable[] = {
    {0x00, 0x1F},     {0x7F, 0xA0},     {0xAD, 0xAD},       {0x600, 0x605},      {0x61C, 0x61C},
    {0x6DD, 0x6DD},   {0x70F, 0x70F},   {0x1680, 0x1680},   {0x180E, 0x180E},    {0x2000, 0x200F},
    {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},   {0xE000, 0xF8FF},    {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE007F}, {0xF0000, 0x10FFFF},
};

bool is_printable(char32_t rune) {
    const auto* after = std::upper_bound(
        std::begin(kUnprintable), std::end(kUnprintable), rune,
        [](char32_t wanted, const RuneRange& range) { return wanted < range.first; });
    return after == std::begin(kUnprintable) || rune > std::prev(after)->last;
}

// Takes one rune off `text`. Bytes that are not UTF-8 count as U+FFFD, one each, as in Go.
char32_t take_rune(std::string_view& text) {
    constexpr char32_t kReplacement = 0xFFFD;
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t rune = length == 1 ? lead : lead & (0x7Fu >> length);
    bool good = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4 && length <= text.size());
    for (std::size_t i = 1; good && i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        good = (next & 0xC0) == 0x80;
        rune = rune << 6 | (next & 0x3Fu);
    }
    const bool overlong = (length == 3 && rune < 0x800) || (length == 4 && rune < 0x10000);
    const bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;
    if (!good || overlong || surrogate || rune > 0x10FFFF) {
        text.remove_prefix(1);
        return kReplacement;
    }
    text.remove_prefix(length);
    return rune;
}

}  // namespace

std::int64_t shard_group_duration_for(std::int64_t asked_ns, std::int64_t policy_duration_ns) {
    if (asked_ns != 0) return std::max(asked_ns, kPolicyDurationMinNs);
    if (policy_duration_ns == 0 || policy_duration_ns >= 180 * kDayNs) return kWeekNs;
    return policy_duration_ns >= 2 * kDayNs ? kDayNs : kHourNs;
}

bool is_valid_name(std::string_view name) {
    if (name.empty() || name == "." || name == "..") return false;
    if (name.find_first_of("/\\") != std::string_view::npos) return false;
    while (!name.empty()) {
        if (!is_printable(take_rune(name))) return false;
    }
    return true;
}

}  // namespace sluice::meta
