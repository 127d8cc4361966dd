// Cuts a text into rough tokens and leaves out those that are, or may be meant as, a password.
//
// It works on bytes and on any text: what cannot be parsed holds passwords as well. Where it is in
// doubt it leaves out too much.
#include "sluice/influxql/sanitize.h"

#include <cstdint>
#include <string_view>

namespace sluice::influxql {
namespace {

constexpr std::string_view kRedacted = "[REDACTED]";

enum class Kind : std::uint8_t { kBlank, kEnd, kEquals, kWord, kQuoted, kOther };

struct Piece {
    Kind kind;
    std::string_view text;
};

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_keyword(std::string_view word, std::string_view upper) {
    if (word.size() != upper.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const char c = word[i];
        if ((c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c) != upper[i]) return false;
    }
    return true;
}

// Up to its closing quote; a text without one ends nowhere.
std::size_t quoted_size(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == text[0]) {
            return i + 1;
        }
    }
    return text.size();
}

std::size_t up_to(std::string_view text, std::string_view end) {
    const std::size_t found = text.find(end, 2);
    return found == text.npos ? text.size() : found + end.size();
}

Piece first_piece(std::string_view text) {
    const char c = text[0];
    std::size_t size = 1;
    Kind kind = Kind::kOther;
    if (is_blank(c)) {
        kind = Kind::kBlank;
    } else if (text.starts_with("--") || text.starts_with("/*")) {
        kind = Kind::kBlank;
        size = up_to(text, c == '-' ? "\n" : "*/");
    } else if (c == ';') {
        kind = Kind::kEnd;
    } else if (c == '=') {
        kind = Kind::kEquals;
    } else if (c == '\'' || c == '"') {
        kind = Kind::kQuoted;
        size = quoted_size(text);
    } else if (is_word(c)) {
        kind = Kind::kWord;
        while (size < text.size() && is_word(text[size])) ++size;
    }
    return {kind, text.substr(0, size)};
}

// Without quotes a password has no form: up to the next blank or the statement's end.
std::size_t bare_size(std::string_view text) {
    std::size_t size = 0;
    while (size < text.size() && !is_blank(text[size]) && text[size] != ';') ++size;
    return size;
}

// What has been seen of one statement.
class StatementWatch {
public:
    // Whether the piece, which is neither blank nor the end, is to be left out.
    bool hides(const Piece& piece) {
        ++count_;
        const bool hidden = decide(piece);
        previous_ = piece.kind == Kind::kWord ? piece.text : std::string_view();
        return hidden;
    }

private:
    enum class Stage : std::uint8_t {
        kBefore,    // no password so far
        kUserName,  // behind CREATE USER
        kOfUser,    // a string without PASSWORD before it may be one with that word misspelt
        kValue,     // behind PASSWORD
        kName,      // behind PASSWORD FOR
        kAfter,     // whatever is no keyword
    };

    bool decide(const Piece& piece) {
        const auto is = [&piece](std::string_view upper) {
            return piece.kind == Kind::kWord && is_keyword(piece.text, upper);
        };
        switch (stage_) {
            case Stage::kUserName:
                stage_ = Stage::kOfUser;
                return false;
            case Stage::kName:
                stage_ = Stage::kAfter;
                return false;
            case Stage::kValue:
                stage_ = is("FOR") ? Stage::kName : Stage::kAfter;
                return !is("FOR") && piece.kind != Kind::kEquals;
            case Stage::kAfter:
                return piece.kind != Kind::kEquals && !is("WITH") && !is("ALL") &&
                       !is("PRIVILEGES");
            default:
                break;
        }
        if (count_ == 1 && is("SET")) stage_ = Stage::kOfUser;
        if (is("USER") && is_keyword(previous_, "CREATE")) stage_ = Stage::kUserName;
        if (is("PASSWORD") && begins_secret()) stage_ = Stage::kValue;
        return stage_ == Stage::kOfUser && piece.kind == Kind::kQuoted;
    }

    bool begins_secret() const {
        return stage_ == Stage::kOfUser || is_keyword(previous_, "WITH") ||
               is_keyword(previous_, "SET");
    }

    Stage stage_ = Stage::kBefore;
    std::size_t count_ = 0;
    std::string_view previous_;
};

// The end of `user:password@` where `text` begins with a URL, from its colon on; else nothing.
std::string_view url_password(std::string_view text) {
    if (!text.starts_with("://")) return {};
    const std::string_view rest = text.substr(3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#'\" \t\r\n"));
    const std::size_t at = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (at == authority.npos || colon >= at) return {};
    return authority.substr(colon + 1, at - colon - 1);
}

// Destinations of subscriptions may name a user and a password.
std::string without_url_passwords(std::string_view text) {
    std::string out;
    for (std::size_t at = text.find("://"); at != text.npos; at = text.find("://")) {
        const std::string_view password = url_password(text.substr(at));
        if (password.empty()) {
            out.append(text.substr(0, at + 3));
            text.remove_prefix(at + 3);
            continue;
        }
        const auto begin = static_cast<std::size_t>(password.data() - text.data());
        out.append(text.substr(0, begin)).append(kRedacted);
        text.remove_prefix(begin + password.size());
    }
    return out.append(text);
}

}  // namespace

std::string sanitize(std::string_view text) {
    std::string out;
    StatementWatch watch;
    bool hiding = false;
    while (!text.empty()) {
        Piece piece = first_piece(text);
        if (piece.kind == Kind::kEnd) watch = {};
        const bool hidden =
            piece.kind != Kind::kBlank && piece.kind != Kind::kEnd && watch.hides(piece);
        if (hidden) {
            // A quoted text may go on behind its quotes: what is meant has no blank there.
            const std::size_t quoted = piece.kind == Kind::kQuoted ? piece.text.size() : 0;
            piece.text = text.substr(0, quoted + bare_size(text.substr(quoted)));
            if (!hiding) out += kRedacted;
        } else {
            out += piece.text;
        }
        hiding = hidden;
        text.remove_prefix(piece.text.size());
    }
    return without_url_passwords(out);
}

}  // namespace sluice::influxql
