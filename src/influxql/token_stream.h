// Tokens with a way back, bound parameters replaced: what the parser reads from.
#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

#include "influxql/scanner.h"
#include "sluice/base/check.h"
#include "sluice/base/result.h"
#include "sluice/influxql/parser.h"

namespace sluice::influxql {

// "<message> at line 1, char 7".
Error error_at(std::string_view message, Position position);
// "found X, expected A, B at line 1, char 7".
Error unexpected(const Lexeme& found, std::initializer_list<std::string_view> expected);

class TokenStream {
public:
    // Both outlive the stream.
    TokenStream(std::string_view text, const BoundParameters& parameters)
        : scanner_(text), parameters_(parameters) {}

    Lexeme next();
    // Skips whitespace and comments.
    Lexeme next_word();
    Lexeme next_regex();
    // Takes back the last `next` call; works up to kDepth - 1 times in a row.
    void back() {
        SLUICE_CHECK(pushed_back_ < kDepth);
        ++pushed_back_;
    }

    // True, and the token consumed, when the next word is `token`.
    bool accept(Token token);
    Result<void> expect(Token token);
    void skip_whitespace();

    // Of the tokens from here on, until the next call.
    void set_secret(bool secret) { secret_ = secret; }

    // The next character behind everything read so far, tokens taken back included.
    char32_t peek_character() { return scanner_.peek(); }

    const BoundParameter* find_parameter(std::string_view dollar_name) const;

private:
    static constexpr std::size_t kDepth = 3;

    template <typename Scan>
    Lexeme next_by(Scan scan);

    Scanner scanner_;
    const BoundParameters& parameters_;
    std::array<Lexeme, kDepth> recent_;
    std::size_t newest_ = 0;
    std::size_t pushed_back_ = 0;
    bool secret_ = false;
};

}  // namespace sluice::influxql
