// A regular expression in Go's syntax, which is RE2's: InfluxQL's, and what stores match tags with.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace re2 {
class RE2;
}

namespace sluice {

// Immutable; copies share the compiled program. Matching is safe on several cores at once.
class Regex {
public:
    // The error has the text of Go's regexp/syntax package.
    static Result<Regex> compile(std::string pattern);

    // Returns whether the pattern occurs anywhere in `text`.
    bool matches(std::string_view text) const;
    const std::string& pattern() const { return pattern_; }
    // Instructions of the compiled program: what it takes in memory, about 16 bytes each, and what
    // it took to compile it, some 10 million a second. A short pattern may have a great many.
    std::size_t program_size() const;

private:
    Regex(std::string pattern, std::shared_ptr<const re2::RE2> program)
        : pattern_(std::move(pattern)), program_(std::move(program)) {}

    std::string pattern_;
    std::shared_ptr<const re2::RE2> program_;
};

}  // namespace sluice
