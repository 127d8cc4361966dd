#include "query/go/json_scan.h"

#include <string>

#include "sluice/base/go_text.h"

namespace sluice::query {
namespace {

// Go's bound on nesting.
constexpr std::size_t kDepthMax = 10'000;

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The byte as Go's quoteChar() shows it: a byte beyond ASCII is the character of that number.
std::string quoted(char c) {
    if (c == '\'') return R"('\'')";
    if (c == '"') return R"('"')";
    std::string character;
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
        character += c;
    } else {
        character += static_cast<char>(0xC0 | (byte >> 6));
        character += static_cast<char>(0x80 | (byte & 0x3F));
    }
    const std::string text = quote_go(character);
    return "'" + text.substr(1, text.size() - 2) + "'";
}

// Reads forward; each step is false once something is wrong, which `error` then says. It does not
// recurse, so the depth of a text costs a byte for each bracket and no stack. The words of errors
// are those of Go's scanner (encoding/json/scanner.go), which says what it was looking at and
// where.
class Scan {
public:
    explicit Scan(std::string_view text) : text_(text) {}

    Result<std::size_t> run() {
        skip_blanks();
        if (at_ == text_.size()) return Error{ErrorKind::kInvalid, "EOF"};
        if (!value()) return Error{ErrorKind::kInvalid, std::move(error_)};
        return at_;
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }
    bool is_next(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        if (!is_next(c)) return false;
        ++at_;
        return true;
    }
    bool fail(std::string_view where) {
        error_ = at_ == text_.size()
                     ? "unexpected EOF"
                     : "invalid character " + quoted(text_[at_]) + " " + std::string(where);
        return false;
    }

    // One value with all that is in it: `open_` are the brackets around the place.
    bool value() {
        for (;;) {
            skip_blanks();
            if (is_next('{') || is_next('[')) {
                bool is_empty = false;
                if (!begin_list(is_empty)) return false;
                if (!is_empty) continue;
            } else if (!scalar()) {
                return false;
            }
            if (ends_lists()) return error_.empty();
        }
    }

    // Behind the bracket, and in an object behind the first key: at a value, or at the end.
    bool begin_list(bool& is_empty) {
        if (open_.size() == kDepthMax) {
            error_ = "exceeded max depth";
            return false;
        }
        open_ += text_[at_++];
        skip_blanks();
        is_empty = is_next(open_.back() == '{' ? '}' : ']');
        if (is_empty || open_.back() == '[') return true;
        return key();
    }

    // Behind a value: closes what ends here. True when no value follows, because all is closed or
    // something is wrong.
    bool ends_lists() {
        while (!open_.empty() && error_.empty()) {
            const bool in_object = open_.back() == '{';
            skip_blanks();
            if (take(in_object ? '}' : ']')) {
                open_.pop_back();
            } else if (!take(',')) {
                fail(in_object ? "after object key:value pair" : "after array element");
            } else {
                return in_object && !key();
            }
        }
        return true;
    }

    bool key() {
        skip_blanks();
        if (!is_next('"')) return fail("looking for beginning of object key string");
        if (!string()) return false;
        skip_blanks();
        return take(':') || fail("after object key");
    }

    bool scalar() {
        if (is_next('"')) return string();
        if (is_next('-') || (at_ < text_.size() && is_digit(text_[at_]))) return number();
        for (const std::string_view word : {"true", "false", "null"}) {
            if (is_next(word[0])) return literal(word);
        }
        return fail("looking for beginning of value");
    }

    bool string() {
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20) return fail("in string literal");
            ++at_;
            if (c == '\\' && !escape()) return false;
        }
        return fail("");
    }

    bool escape() {
        if (!take('u')) {
            const bool known =
                at_ < text_.size() && std::string_view("bfnrt\\/\"").find(text_[at_]) != text_.npos;
            if (!known) return fail("in string escape code");
            ++at_;
            return true;
        }
        for (int i = 0; i < 4; ++i, ++at_) {
            if (at_ == text_.size() || !is_hex_digit(text_[at_])) {
                return fail("in \\u hexadecimal character escape");
            }
        }
        return true;
    }

    bool digits(std::string_view where) {
        if (at_ == text_.size() || !is_digit(text_[at_])) return fail(where);
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return true;
    }

    bool number() {
        take('-');
        if (!take('0') && !digits("in numeric literal")) return false;
        if (take('.') && !digits("after decimal point in numeric literal")) return false;
        if (!take('e') && !take('E')) return true;
        if (!take('+')) take('-');
        return digits("in exponent of numeric literal");
    }

    bool literal(std::string_view word) {
        for (const char c : word) {
            if (take(c)) continue;
            return fail("in literal " + std::string(word) + " (expecting " + quoted(c) + ")");
        }
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;   // the brackets around the place, the innermost last
    std::string error_;  // empty as long as nothing is wrong
};

}  // namespace

Result<std::size_t> scan_json(std::string_view text) {
    return Scan(text).run();
}

}  // namespace sluice::query
