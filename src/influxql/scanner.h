// Cuts InfluxQL text into tokens.
//
// Positions count code points, and error messages carry them, so every step backwards that
// InfluxDB's scanner takes is taken here too (influxql/scanner.go).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "influxql/token.h"

namespace sluice::influxql {

class Scanner {
public:
    // Decodes `text` at once; bytes that are not UTF-8 become U+FFFD, "\r" and "\r\n" a newline.
    explicit Scanner(std::string_view text);

    Lexeme scan();
    // A token in which the text between two slashes is a regular expression. The next character is
    // a slash.
    Lexeme scan_regex();

    // The next character, not consumed; 0 at the end. (Reaching the end does count as reading it.)
    char32_t peek();

private:
    struct Character {
        char32_t code;
        Position position;
    };

    char32_t read();
    void unread() { --next_; }
    // Of the character read last.
    Position last_position() const;

    Lexeme scan_whitespace();
    Lexeme scan_identifier(bool keywords);
    Lexeme scan_string();
    Lexeme scan_number();
    Lexeme scan_dot(Position position);
    Lexeme scan_operator(char32_t first, Position position);
    std::string scan_digits();
    bool skip_comment();

    std::vector<Character> characters_;
    Position end_;
    bool counts_end_ = true;
    // Index of the next character; may run past the end, where every read gives 0.
    std::ptrdiff_t next_ = 0;
};

}  // namespace sluice::influxql
