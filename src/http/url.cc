#include "sluice/http/url.h"

#include "sluice/base/bytes.h"

namespace sluice::http {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

void append_escape(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

bool append_decoded(std::string& out, std::string_view text, bool plus_is_blank) {
    const std::size_t size_before = out.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                out.resize(size_before);
                return false;
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += c == '+' && plus_is_blank ? ' ' : c;
        }
    }
    return true;
}

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
}

bool has_beyond_ascii(std::string_view text) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    const std::byte* const bytes = as_byte_span(text).data();
    std::uint64_t seen = 0;
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) seen |= load_le<std::uint64_t>(bytes + i);
    for (; i < text.size(); ++i) seen |= static_cast<std::uint64_t>(bytes[i]);
    return (seen & kHighBits) != 0;
}

void append_escaped_beyond_ascii(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x80) {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
}

void Parameters::clear() {
    constexpr std::size_t kTextBytesKept = 4096;
    // To assign an empty string would keep the memory.
    if (text_.capacity() > kTextBytesKept) std::string().swap(text_);
    text_.clear();
    pairs_.clear();
    is_cut_ = false;
}

void Parameters::parse(std::string_view encoded) {
    while (!encoded.empty()) {
        const std::size_t end = encoded.find('&');
        const std::string_view pair = encoded.substr(0, end);
        encoded = end == encoded.npos ? std::string_view() : encoded.substr(end + 1);
        if (pair.empty()) continue;
        if (pairs_.size() == kCountMax) {
            is_cut_ = true;
            return;
        }
        const std::size_t equals = pair.find('=');
        const std::string_view value =
            equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
        const std::size_t begin = text_.size();
        if (!append_decoded(text_, pair.substr(0, equals), true)) continue;
        const std::size_t name_size = text_.size() - begin;
        if (!append_decoded(text_, value, true)) {
            text_.resize(begin);
            continue;
        }
        pairs_.push_back({begin, name_size, text_.size() - begin - name_size});
    }
}

void Parameters::add(std::string_view name, std::string_view value) {
    if (pairs_.size() == kCountMax) {
        is_cut_ = true;
        return;
    }
    pairs_.push_back({text_.size(), name.size(), value.size()});
    text_.append(name);
    text_.append(value);
}

const Parameters::Pair* Parameters::find(std::string_view name) const {
    for (const Pair& pair : pairs_) {
        if (std::string_view(text_).substr(pair.begin, pair.name_size) == name) return &pair;
    }
    return nullptr;
}

std::string_view Parameters::get(std::string_view name) const {
    const Pair* pair = find(name);
    if (pair == nullptr) return {};
    return std::string_view(text_).substr(pair->begin + pair->name_size, pair->value_size);
}

}  // namespace sluice::http
