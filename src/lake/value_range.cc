#include "lake/value_range.h"

#include <bit>
#include <cstring>

#include "lake/physical_type.h"
#include "sluice/base/bytes.h"

namespace sluice::lake {
namespace {

// Longer strings would make the metadata, which every query reads first, larger than what they
// save. A part of one would do for readers that know that it is a part, and not all do.
constexpr std::size_t kTextBytesMax = 256;

template <typename T>
void widen(std::span<const std::uint64_t> words, bool& any, std::uint64_t& least,
           std::uint64_t& greatest) {
    T low = any ? std::bit_cast<T>(least) : T{};
    T high = any ? std::bit_cast<T>(greatest) : T{};
    for (const std::uint64_t word : words) {
        const T value = std::bit_cast<T>(word);
        if (value != value) continue;
        if (!any) low = high = value;
        any = true;
        if (value < low) low = value;
        if (value > high) high = value;
    }
    least = std::bit_cast<std::uint64_t>(low);
    greatest = std::bit_cast<std::uint64_t>(high);
}

}  // namespace

void append_unsigned(std::uint64_t value, std::byte* out) {
    out[0] = std::byte{0};
    for (int i = 8; i > 0; --i) {
        out[i] = static_cast<std::byte>(value);
        value >>= 8;
    }
}

void ValueRange::add_words(std::span<const std::uint64_t> words) {
    switch (type_) {
        case ParquetType::kFloat:
            return widen<double>(words, any_, least_, greatest_);
        case ParquetType::kUnsigned:
        case ParquetType::kBoolean:
            return widen<std::uint64_t>(words, any_, least_, greatest_);
        default:
            return widen<std::int64_t>(words, any_, least_, greatest_);
    }
}

// std::string_view compares bytes as unsigned, as the order of UTF-8 demands.
void ValueRange::add_text(std::string_view text) {
    if (!any_ || text < least_text_) least_text_ = text;
    if (!any_ || text > greatest_text_) greatest_text_ = text;
    any_ = true;
}

void ValueRange::clear() {
    any_ = false;
    least_text_.clear();
    greatest_text_.clear();
}

std::optional<std::string> ValueRange::text_of(bool is_max) const {
    if (!any_) return std::nullopt;
    if (type_ == ParquetType::kString) {
        if (least_text_.size() > kTextBytesMax || greatest_text_.size() > kTextBytesMax) {
            return std::nullopt;
        }
        return is_max ? greatest_text_ : least_text_;
    }
    std::uint64_t word = is_max ? greatest_ : least_;
    if (type_ == ParquetType::kFloat && std::bit_cast<double>(word) == 0.0) {
        word = std::bit_cast<std::uint64_t>(is_max ? 0.0 : -0.0);
    }
    if (type_ == ParquetType::kUnsigned) {
        std::string bytes(kUnsignedBytes, '\0');
        append_unsigned(word, reinterpret_cast<std::byte*>(bytes.data()));
        return bytes;
    }
    const std::size_t size = type_ == ParquetType::kBoolean ? 1 : plain_bytes_of(type_);
    std::string bytes(size, '\0');
    std::memcpy(bytes.data(), &word, size);
    return bytes;
}

}  // namespace sluice::lake
