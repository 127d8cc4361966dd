#include "sluice/model/series_key.h"

#include <algorithm>

namespace sluice::model {
namespace {

bool is_tag_special(char c) {
    return c == ',' || c == ' ' || c == '=';
}
bool is_measurement_special(char c) {
    return c == ',' || c == ' ';
}

template <typename IsSpecial>
void append_escaped(std::string& out, std::string_view text, IsSpecial is_special) {
    for (const char c : text) {
        if (is_special(c)) out += '\\';
        out += c;
    }
}

template <typename IsSpecial>
std::string unescape(std::string_view escaped, IsSpecial is_special) {
    if (escaped.find('\\') == std::string_view::npos) return std::string(escaped);
    std::string out;
    out.reserve(escaped.size());
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        if (escaped[i] == '\\' && i + 1 < escaped.size() && is_special(escaped[i + 1])) ++i;
        out += escaped[i];
    }
    return out;
}

// Position of the first `stop` that is not directly after a backslash, or the size of `text`.
// InfluxDB's scanTo looks at one byte before, too: a backslash does not escape a backslash.
std::size_t find_unescaped(std::string_view text, char stop, std::size_t from) {
    for (std::size_t i = text.find(stop, from); i != std::string_view::npos;
         i = text.find(stop, i + 1)) {
        if (i == 0 || text[i - 1] != '\\') return i;
    }
    return text.size();
}

}  // namespace

std::string_view SeriesName::tag_value(std::string_view key) const {
    const auto at =
        std::lower_bound(tags.begin(), tags.end(), key,
                         [](const Tag& tag, std::string_view k) { return tag.key < k; });
    return at != tags.end() && at->key == key ? std::string_view(at->value) : std::string_view();
}

void append_escaped_measurement(std::string& out, std::string_view name) {
    append_escaped(out, name, is_measurement_special);
}
void append_escaped_tag(std::string& out, std::string_view key_or_value) {
    append_escaped(out, key_or_value, is_tag_special);
}
std::string unescape_measurement(std::string_view escaped) {
    return unescape(escaped, is_measurement_special);
}
std::string unescape_tag(std::string_view escaped) {
    return unescape(escaped, is_tag_special);
}

std::string make_series_key(std::string_view measurement, const std::vector<Tag>& tags) {
    std::string key;
    append_escaped_measurement(key, measurement);
    for (const Tag& tag : tags) {
        key += ',';
        append_escaped_tag(key, tag.key);
        key += '=';
        append_escaped_tag(key, tag.value);
    }
    return key;
}

std::string_view measurement_of_series_key(std::string_view key) {
    return key.substr(0, find_unescaped(key, ',', 0));
}

SeriesName parse_series_key(std::string_view key) {
    SeriesName name;
    std::size_t at = find_unescaped(key, ',', 0);
    name.measurement = unescape_measurement(key.substr(0, at));
    while (at < key.size()) {
        const std::size_t equals = find_unescaped(key, '=', at + 1);
        const std::size_t end = find_unescaped(key, ',', equals);
        Tag tag;
        tag.key = unescape_tag(key.substr(at + 1, equals - at - 1));
        if (equals < end) tag.value = unescape_tag(key.substr(equals + 1, end - equals - 1));
        name.tags.push_back(std::move(tag));
        at = end;
    }
    return name;
}

}  // namespace sluice::model
