// Builds JSON the way Go's encoding/json prints it, compact or indented by four blanks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/query/result_writer.h"

namespace sluice::query {

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
    void integer(std::int64_t value) { literal(std::to_string(value)); }
    void unsigned_integer(std::uint64_t value) { literal(std::to_string(value)); }

    // After the outermost value.
    void end_document() { text_ += '\n'; }

    std::string& text() { return text_; }

private:
    void open(char bracket) {
        separate();
        text_ += bracket;
        is_empty_.push_back(true);
    }
    void close(char bracket) {
        const bool empty = is_empty_.back();
        is_empty_.pop_back();
        if (!empty) break_line();
        text_ += bracket;
    }
    void separate() {
        if (after_key_) {
            after_key_ = false;
            return;
        }
        if (is_empty_.empty()) return;
        if (!is_empty_.back()) text_ += ',';
        is_empty_.back() = false;
        break_line();
    }
    void break_line() {
        if (!pretty_) return;
        text_ += '\n';
        text_.append(is_empty_.size() * 4, ' ');
    }

    bool pretty_;
    bool after_key_ = false;
    std::vector<bool> is_empty_;
    std::string text_;
};

}  // namespace sluice::query
