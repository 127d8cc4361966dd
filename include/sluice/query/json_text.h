// Builds JSON the way Go's encoding/json prints it, compact or indented by four blanks.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/query/value_text.h"

namespace sluice::query {

// Calls nest as the text does; a key is followed by exactly one value. Commas and line breaks
// follow from that and are put in by themselves.
class JsonText {
public:
    explicit JsonText(bool pretty) : pretty_(pretty) {}

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    void key(std::string_view name) {
        separate();
        append_json_string(text_, name);
        text_ += pretty_ ? ": " : ":";
        after_key_ = true;
    }
    void string(std::string_view text) {
        separate();
        append_json_string(text_, text);
    }
    // A number, true, false or null, as it is.
    void literal(std::string_view text) {
        separate();
        text_ += text;
    }
    void floating(double value) {
        separate();
        append_json_float(text_, value);
    }
    void integer(std::int64_t value) { number(value); }
    void unsigned_integer(std::uint64_t value) { number(value); }

    // After the outermost value.
    void end_document() { text_ += '\n'; }

    std::string& text() { return text_; }
    const std::string& text() const { return text_; }

private:
    template <typename Integer>
    void number(Integer value) {
        char digits[24];
        separate();
        text_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
    void open(char bracket) {
        separate();
        text_ += bracket;
        ++depth_;
        has_members_ &= ~(std::uint64_t{1} << depth_);
    }
    void close(char bracket) {
        const bool empty = ((has_members_ >> depth_) & 1) == 0;
        --depth_;
        if (!empty) break_line();
        text_ += bracket;
    }
    void separate() {
        if (after_key_) {
            after_key_ = false;
            return;
        }
        if (depth_ == 0) return;
        if (((has_members_ >> depth_) & 1) != 0) text_ += ',';
        has_members_ |= std::uint64_t{1} << depth_;
        if (pretty_) break_line();
    }
    void break_line() {
        if (!pretty_) return;
        text_ += '\n';
        text_.append(depth_ * std::size_t{4}, ' ');
    }

    bool pretty_;
    bool after_key_ = false;
    // How many brackets are open, and for each depth whether something is in it: bit d is for depth
    // d. Answers are ten deep at most.
    unsigned depth_ = 0;
    std::uint64_t has_members_ = 0;
    std::string text_;
};

}  // namespace sluice::query
