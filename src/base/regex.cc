#include "sluice/base/regex.h"

#include <re2/re2.h>

#include <algorithm>

namespace sluice {
namespace {

// The words Go's regexp/syntax has for RE2's error codes.
std::string_view go_error_text(re2::RE2::ErrorCode code) {
    switch (code) {
        case re2::RE2::ErrorBadEscape:
            return "invalid escape sequence";
        case re2::RE2::ErrorBadCharRange:
        case re2::RE2::ErrorBadCharClass:
            return "invalid character class range";
        case re2::RE2::ErrorMissingBracket:
            return "missing closing ]";
        case re2::RE2::ErrorMissingParen:
            return "missing closing )";
        case re2::RE2::ErrorUnexpectedParen:
            return "unexpected )";
        case re2::RE2::ErrorTrailingBackslash:
            return "trailing backslash at end of expression";
        case re2::RE2::ErrorRepeatArgument:
            return "missing argument to repetition operator";
        case re2::RE2::ErrorRepeatSize:
            return "invalid repeat count";
        case re2::RE2::ErrorRepeatOp:
            return "invalid nested repetition operator";
        case re2::RE2::ErrorBadPerlOp:
            return "invalid or unsupported Perl syntax";
        case re2::RE2::ErrorBadUTF8:
            return "invalid UTF-8";
        case re2::RE2::ErrorBadNamedCapture:
            return "invalid named capture";
        case re2::RE2::ErrorPatternTooLarge:
            return "expression too large";
        default:
            return "regexp/syntax: internal error";
    }
}

}  // namespace

Result<Regex> Regex::compile(std::string pattern) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    auto program = std::make_shared<const re2::RE2>(pattern, options);
    if (!program->ok()) {
        // Parentheses are reported with the whole expression in Go, with a fragment in RE2.
        const re2::RE2::ErrorCode code = program->error_code();
        const bool whole = code == re2::RE2::ErrorMissingParen ||
                           code == re2::RE2::ErrorUnexpectedParen ||
                           code == re2::RE2::ErrorTrailingBackslash;
        std::string message = "error parsing regexp: " + std::string(go_error_text(code));
        if (code == re2::RE2::ErrorTrailingBackslash) {
            message += ": ``";
        } else {
            message += ": `" + (whole ? pattern : program->error_arg()) + "`";
        }
        return Error{ErrorKind::kInvalid, std::move(message)};
    }
    return Regex(std::move(pattern), std::move(program));
}

std::size_t Regex::program_size() const {
    return static_cast<std::size_t>(std::max(0, program_->ProgramSize()));
}

bool Regex::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *program_);
}

}  // namespace sluice
