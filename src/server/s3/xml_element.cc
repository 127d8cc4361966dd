#include "server/s3/xml_element.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "sluice/base/utf8.h"

namespace sluice::server {
namespace {

// S3's answers have four.
constexpr std::size_t kLevelsMax = 16;

constexpr std::string_view kBlanks = " \t\r\n";

struct Entity {
    std::string_view name;
    char meaning;
};
constexpr Entity kEntities[] = {
    {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};

bool append_numbered(std::string& out, std::string_view digits) {
    const bool is_hex = digits.starts_with('x');
    if (is_hex) digits.remove_prefix(1);
    std::uint32_t code = 0;
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, code, is_hex ? 16 : 10);
    const bool is_character = code != 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    if (read.ec != std::errc() || read.ptr != end || !is_character) return false;
    append_utf8(out, code);
    return true;
}

bool append_entity(std::string& out, std::string_view name) {
    if (name.starts_with('#')) return append_numbered(out, name.substr(1));
    for (const Entity& each : kEntities) {
        if (each.name != name) continue;
        out += each.meaning;
        return true;
    }
    return false;
}

bool append_text(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find('&'), text.size());
        out += text.substr(0, begin);
        text.remove_prefix(begin);
        if (text.empty()) break;
        const std::size_t end = text.find(';');
        if (end == text.npos || !append_entity(out, text.substr(1, end - 1))) return false;
        text.remove_prefix(end + 1);
    }
    return true;
}

class Reader {
public:
    explicit Reader(std::string_view rest) : rest_(rest) {}

    bool read(XmlElement& root) {
        return skip_between() && rest_.starts_with('<') && read_element(root, 0) &&
               skip_between() && rest_.empty();
    }

private:
    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    }
    // Past `end`; false: it is not there.
    bool skip_past(std::string_view end) {
        const std::size_t at = rest_.find(end);
        if (at == rest_.npos) return false;
        rest_.remove_prefix(at + end.size());
        return true;
    }
    // The declaration and comments, around the root.
    bool skip_between() {
        while (true) {
            skip_blanks();
            if (rest_.starts_with("<?")) {
                if (!skip_past("?>")) return false;
            } else if (rest_.starts_with("<!--")) {
                if (!skip_past("-->")) return false;
            } else {
                return true;
            }
        }
    }
    bool read_name(std::string& name) {
        const std::size_t end = std::min(rest_.find_first_of(" \t\r\n/>=<&\"'"), rest_.size());
        name = rest_.substr(0, end);
        rest_.remove_prefix(end);
        return !name.empty() && name.front() != '!' && name.front() != '?';
    }
    // Up to the '>' or "/>" of the tag.
    bool skip_attributes() {
        std::string name;
        while (true) {
            skip_blanks();
            if (rest_.starts_with('>') || rest_.starts_with("/>")) return true;
            if (!read_name(name)) return false;
            skip_blanks();
            if (!rest_.starts_with('=')) return false;
            rest_.remove_prefix(1);
            skip_blanks();
            if (!rest_.starts_with('"') && !rest_.starts_with('\'')) return false;
            const char quote = rest_.front();
            rest_.remove_prefix(1);
            if (!skip_past({&quote, 1})) return false;
        }
    }
    bool read_element(XmlElement& element, std::size_t level) {
        if (level == kLevelsMax) return false;
        rest_.remove_prefix(1);
        if (!read_name(element.name) || !skip_attributes()) return false;
        if (rest_.starts_with("/>")) {
            rest_.remove_prefix(2);
            return true;
        }
        rest_.remove_prefix(1);
        return read_content(element, level);
    }
    bool read_content(XmlElement& element, std::size_t level) {
        while (true) {
            const std::size_t end = rest_.find('<');
            if (end == rest_.npos || !append_text(element.text, rest_.substr(0, end))) return false;
            rest_.remove_prefix(end);
            if (rest_.starts_with("</")) break;
            if (rest_.starts_with("<!--")) {
                if (!skip_past("-->")) return false;
                continue;
            }
            if (!read_element(element.children.emplace_back(), level + 1)) return false;
        }
        rest_.remove_prefix(2);
        std::string name;
        if (!read_name(name) || name != element.name) return false;
        skip_blanks();
        if (!rest_.starts_with('>')) return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::string_view rest_;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view wanted) const {
    const auto found = std::find_if(children.begin(), children.end(),
                                    [&](const XmlElement& each) { return each.name == wanted; });
    return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view wanted) const {
    const XmlElement* const found = find(wanted);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<XmlElement> parse_xml(std::string_view document) {
    XmlElement root;
    if (Reader(document).read(root)) return root;
    return Error{ErrorKind::kInvalid, "not the XML that S3 answers with"};
}

std::string xml_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto entity = std::find_if(std::begin(kEntities), std::end(kEntities),
                                         [c](const Entity& each) { return each.meaning == c; });
        if (entity == std::end(kEntities)) {
            out += c;
        } else {
            out += '&' + std::string(entity->name) + ';';
        }
    }
    return out;
}

}  // namespace sluice::server
