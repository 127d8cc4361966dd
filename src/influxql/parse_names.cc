// These are the parser's rules for names, strings, numbers and durations.
#include <charconv>

#include "influxql/printer_parts.h"
#include "influxql/statement_parser.h"
#include "sluice/base/go_text.h"
#include "sluice/influxql/duration.h"
#include "sluice/influxql/printer.h"

namespace sluice::influxql {

// Keywords are no names unless they are quoted; that is what makes "SELECT from FROM m" an error at
// its second word.
Result<std::string> StatementParser::parse_identifier() {
    Lexeme found = tokens_.next_word();
    if (found.token != Token::kIdent) return unexpected(found, {"identifier"});
    return std::move(found.literal);
}

Result<std::vector<std::string>> StatementParser::parse_identifier_list() {
    std::vector<std::string> names;
    do {
        SLUICE_TRY(std::string name, parse_identifier());
        names.push_back(std::move(name));
    } while (tokens_.accept(Token::kComma));
    return names;
}

// "db"."rp".measurement, db..measurement, or the part of it before a regular expression or ":".
Result<std::vector<std::string>> StatementParser::parse_segments() {
    SLUICE_TRY(std::string first, parse_identifier());
    std::vector<std::string> segments;
    segments.push_back(std::move(first));
    for (;;) {
        if (tokens_.next().token != Token::kDot) {
            tokens_.back();
            break;
        }
        const char32_t next = tokens_.peek_character();
        if (next == '/' || next == ':') break;
        if (next == '.') {
            segments.emplace_back();
            continue;
        }
        SLUICE_TRY(std::string segment, parse_identifier());
        segments.push_back(std::move(segment));
    }
    if (segments.size() > 3) {
        return error_at("too many segments in " + quote_segments(segments), Position{});
    }
    return segments;
}

// A string in single quotes. Double quotes make a name, which is the mistake that the sentence
// points at.
Result<std::string> StatementParser::parse_text() {
    Lexeme found = tokens_.next_word();
    if (found.token != Token::kString) return unexpected(found, {"string"});
    return std::move(found.literal);
}

Result<std::vector<std::string>> StatementParser::parse_text_list() {
    std::vector<std::string> texts;
    do {
        SLUICE_TRY(std::string text, parse_text());
        texts.push_back(std::move(text));
    } while (tokens_.accept(Token::kComma));
    return texts;
}

// Text that is no integer, an integer that is too long, and one outside of the bounds are three
// different sentences.
Result<std::int64_t> StatementParser::parse_integer_between(std::int64_t minimum,
                                                            std::int64_t maximum) {
    const Lexeme found = tokens_.next_word();
    if (found.token != Token::kInteger) return unexpected(found, {"integer"});
    std::int64_t value = 0;
    const char* end = found.literal.data() + found.literal.size();
    if (std::from_chars(found.literal.data(), end, value).ec != std::errc{}) {
        return error_at("strconv.Atoi: parsing " + quote_go(found.literal) + ": value out of range",
                        found.position);
    }
    if (value < minimum || value > maximum) {
        return error_at("invalid value " + std::to_string(value) + ": must be " +
                            std::to_string(minimum) + " <= n <= " + std::to_string(maximum),
                        found.position);
    }
    return value;
}

// Ids of queries and shards take 64 bits without a sign.
Result<std::uint64_t> StatementParser::parse_id() {
    const Lexeme found = tokens_.next_word();
    if (found.token != Token::kInteger) return unexpected(found, {"integer"});
    std::uint64_t value = 0;
    const char* end = found.literal.data() + found.literal.size();
    if (std::from_chars(found.literal.data(), end, value).ec != std::errc{}) {
        return error_at(
            "strconv.ParseUint: parsing " + quote_go(found.literal) + ": value out of range",
            found.position);
    }
    return value;
}

// INF is 0 wherever it is allowed: a policy of no duration keeps its points for ever.
Result<std::int64_t> StatementParser::parse_duration_or_inf() {
    const Lexeme found = tokens_.next_word();
    if (found.token == Token::kInf) return std::int64_t{0};
    if (found.token != Token::kDurationValue) return unexpected(found, {"duration"});
    Result<std::int64_t> duration = parse_duration(found.literal);
    if (!duration.ok()) return error_at(duration.error().message, found.position);
    return duration;
}

Result<std::int64_t> StatementParser::parse_duration_literal() {
    const Lexeme found = tokens_.next_word();
    if (found.token != Token::kDurationValue) return unexpected(found, {"duration"});
    Result<std::int64_t> duration = parse_duration(found.literal);
    if (!duration.ok()) return error_at(duration.error().message, found.position);
    return duration;
}

}  // namespace sluice::influxql
