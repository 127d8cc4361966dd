#include "ingest/plain_key.h"

#include <algorithm>
#include <cstring>

namespace sluice::ingest {
namespace {

const char* find_byte(const char* from, const char* end, char byte) {
    const void* found = std::memchr(from, byte, static_cast<std::size_t>(end - from));
    return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

bool PlainKey::split(std::string_view key) {
    tags_.clear();
    sorted_ = true;
    const char* const end = key.data() + key.size();
    const char* at = find_byte(key.data(), end, ',');
    if (at == key.data()) return false;
    std::string_view previous;
    while (at != end) {
        const char* const tag = at + 1;
        at = find_byte(tag, end, ',');
        const char* const equals = find_byte(tag, at, '=');
        const std::string_view name(tag, static_cast<std::size_t>(equals - tag));
        if (name.empty() || equals == at || equals + 1 == at || name == "time" ||
            find_byte(equals + 1, at, '=') != at) {
            return false;
        }
        if (name <= previous) sorted_ = false;
        previous = name;
        tags_.push_back({name, {tag, static_cast<std::size_t>(at - tag)}});
    }
    return true;
}

std::string_view PlainKey::canonical(std::string_view key) {
    if (!split(key)) return {};
    if (sorted_) return key;
    const std::size_t measurement_size = key.find(',');
    std::sort(tags_.begin(), tags_.end(),
              [](const Tag& a, const Tag& b) { return a.name < b.name; });
    text_.assign(key.substr(0, measurement_size));
    std::string_view previous;
    for (const Tag& tag : tags_) {
        if (tag.name == previous) return {};
        previous = tag.name;
        text_ += ',';
        text_ += tag.text;
    }
    return text_;
}

}  // namespace sluice::ingest
