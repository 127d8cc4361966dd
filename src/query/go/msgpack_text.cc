#include "query/go/msgpack_text.h"

#include <bit>
#include <limits>

#include "sluice/base/units.h"

namespace sluice::query {
namespace {

// The low `bytes` bytes, most significant first.
void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
        out += static_cast<char>((value >> shift) & 0xFF);
    }
}

void append_tagged(std::string& out, unsigned char tag, std::uint64_t value, int bytes) {
    out += static_cast<char>(tag);
    append_big_endian(out, value, bytes);
}

template <typename T>
constexpr std::int64_t lowest = std::numeric_limits<T>::min();
template <typename T>
constexpr std::int64_t highest = std::numeric_limits<T>::max();

}  // namespace

void append_msgpack_nil(std::string& out) {
    out += '\xC0';
}

void append_msgpack_boolean(std::string& out, bool value) {
    out += value ? '\xC3' : '\xC2';
}

// Numbers and lengths have the shortest form that holds them. A number that is not negative but
// does not fit into seven bits is written as signed all the same, in the width that has room for
// its sign.
void append_msgpack_integer(std::string& out, std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= -32 && value <= highest<std::int8_t>) {
        out += static_cast<char>(bits & 0xFF);
    } else if (value >= lowest<std::int8_t> && value < 0) {
        append_tagged(out, 0xD0, bits, 1);
    } else if (value >= lowest<std::int16_t> && value <= highest<std::int16_t>) {
        append_tagged(out, 0xD1, bits, 2);
    } else if (value >= lowest<std::int32_t> && value <= highest<std::int32_t>) {
        append_tagged(out, 0xD2, bits, 4);
    } else {
        append_tagged(out, 0xD3, bits, 8);
    }
}

void append_msgpack_unsigned(std::string& out, std::uint64_t value) {
    if (value < 0x80) {
        out += static_cast<char>(value);
    } else if (value <= 0xFF) {
        append_tagged(out, 0xCC, value, 1);
    } else if (value <= 0xFFFF) {
        append_tagged(out, 0xCD, value, 2);
    } else if (value <= 0xFFFF'FFFF) {
        append_tagged(out, 0xCE, value, 4);
    } else {
        append_tagged(out, 0xCF, value, 8);
    }
}

void append_msgpack_float(std::string& out, double value) {
    append_tagged(out, 0xCB, std::bit_cast<std::uint64_t>(value), 8);
}

void append_msgpack_string(std::string& out, std::string_view text) {
    const std::uint64_t size = text.size();
    if (size < 32) {
        out += static_cast<char>(0xA0 | size);
    } else if (size <= 0xFF) {
        append_tagged(out, 0xD9, size, 1);
    } else if (size <= 0xFFFF) {
        append_tagged(out, 0xDA, size, 2);
    } else {
        append_tagged(out, 0xDB, size, 4);
    }
    out += text;
}

// The extension type 5 of InfluxDB's library, and not the timestamp of the MessagePack
// specification: twelve bytes, seconds and then nanoseconds, of which the latter are never
// negative.
void append_msgpack_time(std::string& out, std::int64_t timestamp_ns) {
    std::int64_t seconds = timestamp_ns / kSecondNs;
    std::int64_t nanoseconds = timestamp_ns % kSecondNs;
    if (nanoseconds < 0) {
        --seconds;
        nanoseconds += kSecondNs;
    }
    append_tagged(out, 0xC7, 12, 1);
    out += '\x05';
    append_big_endian(out, static_cast<std::uint64_t>(seconds), 8);
    append_big_endian(out, static_cast<std::uint64_t>(nanoseconds), 4);
}

void append_msgpack_array(std::string& out, std::uint64_t count) {
    if (count < 16) {
        out += static_cast<char>(0x90 | count);
    } else if (count <= 0xFFFF) {
        append_tagged(out, 0xDC, count, 2);
    } else {
        append_tagged(out, 0xDD, count, 4);
    }
}

void append_msgpack_map(std::string& out, std::uint64_t count) {
    if (count < 16) {
        out += static_cast<char>(0x80 | count);
    } else if (count <= 0xFFFF) {
        append_tagged(out, 0xDE, count, 2);
    } else {
        append_tagged(out, 0xDF, count, 4);
    }
}

}  // namespace sluice::query
