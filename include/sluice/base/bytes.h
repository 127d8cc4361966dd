// Little-endian loads and stores, and bounds-checked reading of untrusted bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace sluice {

static_assert(std::endian::native == std::endian::little,
              "on-disk integers are little-endian and are copied as they lie in memory");

using ByteSpan = std::span<const std::byte>;
using MutableByteSpan = std::span<std::byte>;

inline ByteSpan as_byte_span(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename T>
T load_le(const void* from) {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <typename T>
void store_le(void* to, T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(to, &value, sizeof value);
}

// Reads forward through bytes that may be damaged. A read past the end returns zero or an empty
// span and makes ok() false for good, so a parser checks once, after it has read a whole structure.
class ByteReader {
public:
    explicit ByteReader(ByteSpan bytes) : bytes_(bytes) {}

    bool ok() const { return ok_; }
    std::size_t position() const { return position_; }
    std::size_t remaining() const { return bytes_.size() - position_; }

    template <typename T>
    T read() {
        const ByteSpan piece = read_span(sizeof(T));
        return piece.empty() ? T{} : load_le<T>(piece.data());
    }

    // LEB128, at most ten bytes; an overlong number fails.
    std::uint64_t read_varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = read<std::uint8_t>();
            if (shift == 63 && byte > 1) break;
            value |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80) return ok_ ? value : 0;
        }
        ok_ = false;
        return 0;
    }

    ByteSpan read_span(std::size_t size) {
        if (!ok_ || size > remaining()) {
            ok_ = false;
            return {};
        }
        const ByteSpan piece = bytes_.subspan(position_, size);
        position_ += size;
        return piece;
    }

    // A varint length, then that many bytes.
    std::string_view read_text() { return as_text(read_span(read_varint())); }

private:
    ByteSpan bytes_;
    std::size_t position_ = 0;
    bool ok_ = true;
};

}  // namespace sluice
