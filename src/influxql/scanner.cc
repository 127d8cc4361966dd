#include "influxql/scanner.h"

#include "sluice/base/utf8.h"

namespace sluice::influxql {
namespace {

// The end of the text, and a zero byte within it: InfluxDB's reader of runes has one value for
// both, so a statement ends at its first zero byte.
constexpr char32_t kEnd = 0;
constexpr char32_t kMicro = 0xB5;  // µ

bool is_whitespace(char32_t c) {
    return c == ' ' || c == '\t' || c == '\n';
}
bool is_letter(char32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char32_t c) {
    return c >= '0' && c <= '9';
}
bool is_identifier_part(char32_t c) {
    return is_letter(c) || is_digit(c) || c == '_';
}

}  // namespace

// The whole text is decoded before the first token, because the parser goes back and forth in it by
// characters, and every error says at which character of which line it stands. It takes twelve
// bytes for each, of a text that is as long as a request may be.
Scanner::Scanner(std::string_view text) {
    characters_.reserve(text.size());
    Position at;
    bool at_end = false;
    while (!text.empty()) {
        char32_t code = take_utf8(text);
        if (code == '\r') {
            if (!text.empty() && text.front() == '\n') text.remove_prefix(1);
            code = '\n';
        }
        characters_.push_back({code, at});
        if (code == '\n') {
            at = {at.line + 1, 0};
        } else if (!at_end) {
            ++at.character;
        }
        // InfluxDB takes a zero byte for the end, and no longer counts what follows.
        at_end = at_end || code == kEnd;
    }
    end_ = at;
    counts_end_ = !at_end;
}

// Reading on behind the end is allowed and gives the end again: so the scanner may always look one
// character further without asking, and unread() takes that step back as it does any other.
char32_t Scanner::read() {
    const std::ptrdiff_t index = next_++;
    return index < static_cast<std::ptrdiff_t>(characters_.size())
               ? characters_[static_cast<std::size_t>(index)].code
               : kEnd;
}

Position Scanner::last_position() const {
    const std::ptrdiff_t index = next_ - 1;
    if (index < 0) return {};
    const auto size = static_cast<std::ptrdiff_t>(characters_.size());
    if (index < size) return characters_[static_cast<std::size_t>(index)].position;
    // The end counts as one character, however often it is read.
    return {end_.line, end_.character + (index > size && counts_end_ ? 1u : 0u)};
}

// The end is not given back: reaching it counts as reading it, which shows in the positions of
// errors behind it.
char32_t Scanner::peek() {
    const char32_t c = read();
    if (c != kEnd) unread();
    return c;
}

Lexeme Scanner::scan() {
    const char32_t first = read();
    const Position position = last_position();
    if (is_whitespace(first)) {
        unread();
        return scan_whitespace();
    }
    if (is_letter(first) || first == '_' || first == '"') {
        unread();
        return scan_identifier(true);
    }
    if (is_digit(first)) return scan_number();
    switch (first) {
        case kEnd:
            return {Token::kEof, position, {}};
        case '\'':
            return scan_string();
        case '.':
            return scan_dot(position);
        case '$': {
            Lexeme name = scan_identifier(false);
            const Token token = name.token == Token::kIdent ? Token::kBoundParam : name.token;
            return {token, position, "$" + name.literal};
        }
        default:
            return scan_operator(first, position);
    }
}

// A dot begins a number only where a digit follows; everywhere else it stands between the segments
// of a name.
Lexeme Scanner::scan_dot(Position position) {
    const char32_t next = read();
    unread();
    if (is_digit(next)) return scan_number();
    return {Token::kDot, position, {}};
}

Lexeme Scanner::scan_operator(char32_t first, Position position) {
    // Two-character operators: the first, the second, both together, the first alone.
    struct Pair {
        char first;
        char second;
        Token both;
    };
    static constexpr Pair kPairs[] = {{'=', '~', Token::kEqRegex},    {'!', '=', Token::kNeq},
                                      {'!', '~', Token::kNeqRegex},   {'>', '=', Token::kGte},
                                      {'<', '=', Token::kLte},        {'<', '>', Token::kNeq},
                                      {':', ':', Token::kDoubleColon}};
    struct Single {
        char text;
        Token token;
    };
    static constexpr Single kSingles[] = {
        {'+', Token::kAdd},        {'-', Token::kSub},    {'*', Token::kMul},
        {'/', Token::kDiv},        {'%', Token::kMod},    {'&', Token::kBitAnd},
        {'|', Token::kBitOr},      {'^', Token::kBitXor}, {'=', Token::kEq},
        {'<', Token::kLt},         {'>', Token::kGt},     {'(', Token::kLeftParen},
        {')', Token::kRightParen}, {',', Token::kComma},  {':', Token::kColon},
        {';', Token::kSemicolon}};

    // Two characters are read before the table is asked, so that "<=" is not taken for "<". Where
    // only the first counts, the second is given back.
    const char32_t second = read();
    if (first == '-' && second == '-') {
        for (char32_t c = read(); c != '\n' && c != kEnd; c = read()) {
        }
        return {Token::kComment, position, {}};
    }
    if (first == '/' && second == '*') {
        return {skip_comment() ? Token::kComment : Token::kIllegal, position, {}};
    }
    for (const Pair& pair : kPairs) {
        if (first == static_cast<char32_t>(pair.first) &&
            second == static_cast<char32_t>(pair.second)) {
            return {pair.both, position, {}};
        }
    }
    unread();
    for (const Single& single : kSingles) {
        if (first == static_cast<char32_t>(single.text)) return {single.token, position, {}};
    }
    Lexeme illegal{Token::kIllegal, position, {}};
    append_utf8(illegal.literal, first);
    return illegal;
}

// Comments do not nest. One without an end is an illegal token where it begins, which the parser
// names.
bool Scanner::skip_comment() {
    char32_t previous = kEnd;
    for (;;) {
        const char32_t c = read();
        if (c == kEnd) return false;
        if (previous == '*' && c == '/') return true;
        previous = c;
    }
}

Lexeme Scanner::scan_whitespace() {
    Lexeme space{Token::kWhitespace, {}, {}};
    char32_t c = read();
    space.position = last_position();
    while (is_whitespace(c)) {
        append_utf8(space.literal, c);
        c = read();
    }
    if (c != kEnd) unread();
    return space;
}

Lexeme Scanner::scan_identifier(bool keywords) {
    read();
    const Position position = last_position();
    unread();
    std::string name;
    for (;;) {
        char32_t c = read();
        if (c == kEnd) break;
        if (c == '"') {
            // Quotes right behind a bare word replace it, as in InfluxDB.
            Lexeme quoted = scan_string();
            if (quoted.token == Token::kString) {
                quoted.token = Token::kIdent;
                quoted.position = position;
            }
            return quoted;
        }
        if (!is_identifier_part(c)) {
            unread();
            break;
        }
        while (is_identifier_part(c)) {
            append_utf8(name, c);
            c = read();
        }
        if (c != kEnd) unread();
    }
    if (keywords) {
        const Token keyword = lookup_keyword(name);
        if (keyword != Token::kIdent) return {keyword, position, {}};
    }
    return {Token::kIdent, position, std::move(name)};
}

// The quote at which it begins is the one that ends it, so this reads strings and quoted names
// alike. A line break ends both, as it does in InfluxDB, because a forgotten quote would otherwise
// swallow the statements behind it.
Lexeme Scanner::scan_string() {
    unread();
    // A string is reported at the character before it.
    Lexeme text{Token::kString, last_position(), {}};
    const char32_t ending = read();
    for (;;) {
        const char32_t c = read();
        if (c == ending) return text;
        if (c == kEnd || c == '\n') {
            text.token = Token::kBadString;
            return text;
        }
        if (c != '\\') {
            append_utf8(text.literal, c);
            continue;
        }
        const char32_t escaped = read();
        if (escaped == 'n') {
            text.literal += '\n';
        } else if (escaped == '\\' || escaped == '"' || escaped == '\'') {
            append_utf8(text.literal, escaped);
        } else {
            text = {Token::kBadEscape, last_position(), "\\"};
            append_utf8(text.literal, escaped);
            return text;
        }
    }
}

Lexeme Scanner::scan_regex() {
    Lexeme regex{Token::kRegex, last_position(), {}};
    if (read() != '/') return {Token::kBadRegex, regex.position, {}};
    for (;;) {
        const char32_t c = read();
        if (c == '/') return regex;
        if (c == kEnd || c == '\n') return {Token::kBadRegex, regex.position, {}};
        if (c != '\\') {
            append_utf8(regex.literal, c);
            continue;
        }
        // Only the slash is an escape of InfluxQL; all others belong to the expression.
        const char32_t escaped = read();
        if (escaped == kEnd) return {Token::kBadRegex, regex.position, {}};
        if (escaped == '/') {
            regex.literal += '/';
        } else {
            unread();
            regex.literal += '\\';
        }
    }
}

std::string Scanner::scan_digits() {
    std::string digits;
    char32_t c = read();
    for (; is_digit(c); c = read()) digits += static_cast<char>(c);
    unread();
    return digits;
}

// An exponent is not known: "1e5" is a number with a unit that nobody knows, hence a duration,
// which parse_duration() refuses. That is what InfluxDB does, too.
Lexeme Scanner::scan_number() {
    // The first digit or the point before it has been read.
    Lexeme number{Token::kInteger, last_position(), {}};
    unread();
    number.literal = scan_digits();
    if (read() == '.') {
        number.token = Token::kNumber;
        const char32_t digit = read();
        unread();
        if (is_digit(digit)) number.literal += '.' + scan_digits();
        return number;
    }
    unread();
    char32_t c = read();
    if (is_letter(c) || c == kMicro) {
        number.token = Token::kDurationValue;
        for (; is_letter(c) || c == kMicro || is_digit(c); c = read()) {
            append_utf8(number.literal, c);
        }
    }
    unread();
    return number;
}

}  // namespace sluice::influxql
