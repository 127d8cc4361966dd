#include "server/v2/delete_predicate.h"

#include <optional>
#include <string>
#include <vector>

#include "sluice/http/request.h"

namespace sluice::server {
namespace {

// As deep as anybody writes; each level is a frame of the parser.
constexpr unsigned kParenthesesMax = 100;

struct Word {
    enum class Kind : std::uint8_t {
        kEnd,
        kName,      // bare, or in double quotes
        kText,      // in single quotes
        kOperator,  // =, !=, =~, !~
        kOpen,
        kClose,
        kBad,
    };
    Kind kind = Kind::kEnd;
    std::string text;
    std::size_t at = 0;
    bool is_quoted = false;
};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_bare(char c) {
    return !is_blank(c) && c != '=' && c != '!' && c != '(' && c != ')' && c != '"' && c != '\'';
}

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) { advance(); }

    Result<void> parse() {
        SLUICE_TRY_VOID(parse_conditions(0));
        if (word_.kind == Word::Kind::kEnd) return {};
        return unexpected();
    }

    std::vector<std::string> measurements;
    std::vector<model::SeriesPredicate> tags;

private:
    void advance() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
        word_ = {};
        word_.at = at_;
        if (at_ == text_.size()) return;
        const char c = text_[at_];
        if (c == '(' || c == ')') {
            word_.kind = c == '(' ? Word::Kind::kOpen : Word::Kind::kClose;
            word_.text = text_[at_++];
        } else if (c == '=' || c == '!') {
            take_operator();
        } else if (c == '"' || c == '\'') {
            take_quoted(c);
        } else {
            word_.kind = Word::Kind::kName;
            while (at_ < text_.size() && is_bare(text_[at_])) word_.text += text_[at_++];
        }
    }
    void take_operator() {
        word_.kind = Word::Kind::kOperator;
        word_.text = text_[at_++];
        const bool is_not = word_.text == "!";
        const char next = at_ < text_.size() ? text_[at_] : '\0';
        if (next == '~' || (is_not && next == '=')) {
            word_.text += next;
            ++at_;
        } else if (is_not) {
            word_.kind = Word::Kind::kBad;
        }
    }
    void take_quoted(char quote) {
        word_.kind = quote == '"' ? Word::Kind::kName : Word::Kind::kText;
        word_.is_quoted = true;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == quote) {
                ++at_;
                return;
            }
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            word_.text += text_[at_];
        }
        word_.kind = Word::Kind::kBad;
    }

    bool is_keyword(std::string_view keyword) const {
        return word_.kind == Word::Kind::kName && !word_.is_quoted &&
               http::equals_ignoring_case(word_.text, keyword);
    }
    std::string place() const { return " at position " + std::to_string(word_.at); }
    Error unexpected() const {
        const std::string what =
            word_.kind == Word::Kind::kEnd ? "the end" : '"' + word_.text + '"';
        return {ErrorKind::kInvalid, "bad logical expression" + place() + ": unexpected " + what};
    }

    Result<void> parse_conditions(unsigned depth) {
        for (;;) {
            if (word_.kind == Word::Kind::kOpen) {
                if (depth == kParenthesesMax) {
                    return Error{ErrorKind::kInvalid, "too many parentheses"};
                }
                advance();
                SLUICE_TRY_VOID(parse_conditions(depth + 1));
                if (word_.kind != Word::Kind::kClose) {
                    return Error{ErrorKind::kInvalid, "extra ( seen"};
                }
                advance();
            } else {
                SLUICE_TRY_VOID(parse_comparison());
            }
            if (is_keyword("OR")) {
                return Error{ErrorKind::kInvalid,
                             "the logical operator OR is not supported yet" + place()};
            }
            if (!is_keyword("AND")) return {};
            advance();
        }
    }

    Result<void> parse_comparison() {
        if (word_.kind != Word::Kind::kName || word_.text.empty()) return unexpected();
        const std::string tag = word_.text;
        advance();
        if (word_.kind != Word::Kind::kOperator) return unexpected();
        if (word_.text != "=") {
            return Error{ErrorKind::kInvalid,
                         "operator: \"" + word_.text + "\"" + place() + " is not supported yet"};
        }
        advance();
        if (word_.kind != Word::Kind::kName && word_.kind != Word::Kind::kText) return unexpected();
        if (tag == "_field" || tag == "_time" || tag == "_value" || tag == "_name") {
            return Error{ErrorKind::kInvalid,
                         "a delete is of whole points: \"" + tag + "\" cannot be in a predicate"};
        }
        if (tag == "_measurement") {
            measurements.push_back(word_.text);
        } else {
            tags.push_back(model::SeriesPredicate::compare(model::SeriesPredicate::Kind::kEqual,
                                                           tag, word_.text));
        }
        advance();
        return {};
    }

    const std::string_view text_;
    std::size_t at_ = 0;
    Word word_;
};

}  // namespace

Result<void> read_delete_predicate(std::string_view predicate, model::Tombstone& tombstone) {
    tombstone.series = model::SeriesPredicate();
    tombstone.measurements.clear();
    if (predicate.find_first_not_of(" \t\r\n") == predicate.npos) return {};
    Parser parser(predicate);
    SLUICE_TRY_VOID(parser.parse());
    // A series has one measurement: of two that differ there is none.
    for (const std::string& name : parser.measurements) {
        if (name == parser.measurements.front()) continue;
        tombstone.series = model::SeriesPredicate::none();
        return {};
    }
    if (!parser.measurements.empty()) {
        tombstone.measurements.push_back({parser.measurements.front(), {}});
    }
    tombstone.series =
        model::SeriesPredicate::combine(model::SeriesPredicate::Kind::kAnd, std::move(parser.tags));
    return {};
}

}  // namespace sluice::server
