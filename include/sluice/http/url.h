// Percent-encoding and `name=value` lists, as net/url of Go reads them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// Appends `text` with %xx decoded, and `+` as a blank when asked. False, with `out` as it was, when
// an escape is broken.
bool append_decoded(std::string& out, std::string_view text, bool plus_is_blank);

// Appends `text` so that append_decoded() gives it back: all but letters, digits and -._~ escaped.
void append_encoded(std::string& out, std::string_view text);

bool has_beyond_ascii(std::string_view text);
// The same with only the bytes beyond ASCII escaped.
void append_escaped_beyond_ascii(std::string& out, std::string_view text);

// The parameters of a query string or an application/x-www-form-urlencoded body. Reused between
// requests without allocating. A pair with a broken escape is left out, as Go's URL.Query() does;
// `;` is an ordinary byte (InfluxQL separates statements by it).
class Parameters {
public:
    // No client sends more than twenty; each costs more memory than the two bytes it may take in a
    // request.
    static constexpr std::size_t kCountMax = 1000;

    // Adds to what is there. Earlier parameters win, so the body's come before the target's. What
    // would be beyond kCountMax is left out, and is_cut() says so.
    void parse(std::string_view encoded);
    void add(std::string_view name, std::string_view value);
    bool is_cut() const { return is_cut_; }
    std::size_t memory_bytes() const { return text_.capacity() + pairs_.capacity() * sizeof(Pair); }
    // Memory that a large request took is given back.
    void clear();

    // The first of that name; empty when absent, which is what an empty one means.
    std::string_view get(std::string_view name) const;
    bool contains(std::string_view name) const { return find(name) != nullptr; }

private:
    struct Pair {
        std::size_t begin;  // of name, then value, in text_
        std::size_t name_size;
        std::size_t value_size;
    };
    const Pair* find(std::string_view name) const;

    std::string text_;
    std::vector<Pair> pairs_;
    bool is_cut_ = false;
};

}  // namespace sluice::http
