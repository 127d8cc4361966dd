// Builds a byte string piece by piece: the counterpart of ByteReader in bytes.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"

namespace sluice {

class ByteWriter {
public:
    std::size_t size() const { return bytes_.size(); }
    ByteSpan span() const { return {bytes_.data(), bytes_.size()}; }
    std::byte* data() { return bytes_.data(); }
    void clear() { bytes_.clear(); }
    void reserve(std::size_t capacity) { bytes_.reserve(capacity); }
    std::size_t capacity() const { return bytes_.capacity(); }
    void truncate(std::size_t size) { bytes_.resize_uninitialized(size); }

    template <typename T>
    void write(T value) {
        store_le(bytes_.append_uninitialized(sizeof(T)), value);
    }
    // Fills in a value that was not known when its place was written.
    template <typename T>
    void write_at(std::size_t position, T value) {
        store_le(bytes_.data() + position, value);
    }
    void write_varint(std::uint64_t value) {
        std::byte* out = bytes_.append_uninitialized(10);
        unsigned used = 0;
        while (value >= 0x80) {
            out[used++] = static_cast<std::byte>(value | 0x80);
            value >>= 7;
        }
        out[used++] = static_cast<std::byte>(value);
        bytes_.resize_uninitialized(bytes_.size() - 10 + used);
    }
    void write_span(ByteSpan bytes) { bytes_.append(bytes); }
    void write_text(std::string_view text) {
        write_varint(text.size());
        bytes_.append(as_byte_span(text));
    }
    std::byte* append_uninitialized(std::size_t size) { return bytes_.append_uninitialized(size); }
    void pad_to_multiple(std::size_t alignment) {
        const std::size_t excess = bytes_.size() % alignment;
        if (excess != 0) bytes_.append_copies(alignment - excess, std::byte{0});
    }

private:
    PodVector<std::byte> bytes_;
};

}  // namespace sluice
