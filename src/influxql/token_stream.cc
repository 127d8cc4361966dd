#include "influxql/token_stream.h"

namespace sluice::influxql {
namespace {

Token token_of(BoundParameter::Kind kind) {
    switch (kind) {
        case BoundParameter::Kind::kIdentifier:
            return Token::kIdent;
        case BoundParameter::Kind::kString:
            return Token::kString;
        case BoundParameter::Kind::kRegex:
            return Token::kRegex;
        case BoundParameter::Kind::kNumber:
            return Token::kNumber;
        case BoundParameter::Kind::kInteger:
            return Token::kInteger;
        case BoundParameter::Kind::kTrue:
            return Token::kTrue;
        case BoundParameter::Kind::kFalse:
            return Token::kFalse;
        case BoundParameter::Kind::kDuration:
            return Token::kDurationValue;
        case BoundParameter::Kind::kError:
            break;
    }
    return Token::kBoundParam;
}

}  // namespace

Error error_at(std::string_view message, Position position) {
    return {ErrorKind::kInvalid, std::string(message) + " at line " +
                                     std::to_string(position.line + 1) + ", char " +
                                     std::to_string(position.character + 1)};
}

Error unexpected(const Lexeme& found, std::initializer_list<std::string_view> expected) {
    std::string message = "found " + found.found() + ", expected ";
    bool first = true;
    for (const std::string_view name : expected) {
        if (!first) message += ", ";
        first = false;
        message += name;
    }
    return error_at(message, found.position);
}

// The last tokens lie in a ring. Those taken back are given again from there, with their parameters
// replaced once more, so that whoever goes back sees what was seen before. Whether a token is a
// regular expression or a division depends on who asks, so the way of scanning is that of the first
// reader.
template <typename Scan>
Lexeme TokenStream::next_by(Scan scan) {
    if (pushed_back_ > 0) {
        --pushed_back_;
    } else {
        newest_ = (newest_ + 1) % kDepth;
        recent_[newest_] = scan();
    }
    Lexeme lexeme = recent_[(newest_ + kDepth - pushed_back_) % kDepth];
    lexeme.secret = secret_;
    if (lexeme.token == Token::kBoundParam) {
        if (const BoundParameter* bound = find_parameter(lexeme.literal)) {
            lexeme.token = token_of(bound->kind);
            lexeme.literal = bound->text;
        }
    }
    return lexeme;
}

Lexeme TokenStream::next() {
    return next_by([this] { return scanner_.scan(); });
}

Lexeme TokenStream::next_regex() {
    return next_by([this] { return scanner_.scan_regex(); });
}

Lexeme TokenStream::next_word() {
    for (;;) {
        Lexeme lexeme = next();
        if (lexeme.token != Token::kWhitespace && lexeme.token != Token::kComment) return lexeme;
    }
}

// The blanks before the word are gone in either case; only the word is taken back. Rules that care
// for blanks use next().
bool TokenStream::accept(Token token) {
    if (next_word().token == token) return true;
    back();
    return false;
}

Result<void> TokenStream::expect(Token token) {
    const Lexeme found = next_word();
    if (found.token != token) return unexpected(found, {token_text(token)});
    return {};
}

void TokenStream::skip_whitespace() {
    if (next().token != Token::kWhitespace) back();
}

// The name comes with its dollar. A lone dollar is no name, and the parser says so.
const BoundParameter* TokenStream::find_parameter(std::string_view dollar_name) const {
    if (dollar_name.size() < 2) return nullptr;
    const auto found = parameters_.find(dollar_name.substr(1));
    return found == parameters_.end() ? nullptr : &found->second;
}

}  // namespace sluice::influxql
