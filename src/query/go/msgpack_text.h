// MessagePack in the shortest forms, as Go's tinylib/msgp writes it
// (https://github.com/msgpack/msgpack/blob/master/spec.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::query {

void append_msgpack_nil(std::string& out);
void append_msgpack_boolean(std::string& out, bool value);
// Positive numbers take signed forms here and unsigned ones below.
void append_msgpack_integer(std::string& out, std::int64_t value);
void append_msgpack_unsigned(std::string& out, std::uint64_t value);
void append_msgpack_float(std::string& out, double value);
void append_msgpack_string(std::string& out, std::string_view text);
// Extension 5: seconds and nanoseconds, 12 bytes.
void append_msgpack_time(std::string& out, std::int64_t timestamp_ns);
// Heads: `count` elements, or pairs of them, follow.
void append_msgpack_array(std::string& out, std::uint64_t count);
void append_msgpack_map(std::string& out, std::uint64_t count);

}  // namespace sluice::query
