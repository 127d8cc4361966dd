// The least and the greatest value of a chunk, by the rules that keep readers from skipping what
// they look for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/lake/parquet_metadata.h"

namespace sluice::lake {

class ValueRange {
public:
    explicit ValueRange(ParquetType type) : type_(type) {}

    // Floats by their bits, booleans as 0 or 1. NaN is neither least nor greatest.
    void add_words(std::span<const std::uint64_t> words);
    void add_text(std::string_view text);
    void clear();

    // As PLAIN values. A least zero is -0 and a greatest one is +0, because readers differ in
    // whether these are equal. None: there was no value, or a string is too long for metadata.
    std::optional<std::string> min() const { return text_of(false); }
    std::optional<std::string> max() const { return text_of(true); }

private:
    std::optional<std::string> text_of(bool is_max) const;

    ParquetType type_;
    bool any_ = false;
    std::uint64_t least_ = 0;
    std::uint64_t greatest_ = 0;
    std::string least_text_;
    std::string greatest_text_;
};

// `value` as nine bytes, the highest first.
void append_unsigned(std::uint64_t value, std::byte* out);

}  // namespace sluice::lake
