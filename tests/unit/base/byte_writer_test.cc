#include "sluice/base/byte_writer.h"

#include <gtest/gtest.h>

#include "sluice/base/zigzag.h"

namespace sluice {
namespace {

TEST(ByteWriter, WhatIsWrittenIsReadBack) {
    const std::uint64_t edges[] = {0, 1, 127, 128, 16383, 16384, 1u << 31, ~std::uint64_t{0}};
    ByteWriter writer;
    for (const std::uint64_t value : edges) writer.write_varint(value);
    writer.write(std::uint32_t{0xDEADBEEF});
    writer.write_text("name");
    writer.pad_to_multiple(64);
    EXPECT_EQ(writer.size() % 64, 0u);

    ByteReader reader(writer.span());
    for (const std::uint64_t value : edges) EXPECT_EQ(reader.read_varint(), value);
    EXPECT_EQ(reader.read<std::uint32_t>(), 0xDEADBEEFu);
    EXPECT_EQ(reader.read_text(), "name");
    EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, ReadPastTheEndFailsForGood) {
    ByteWriter writer;
    writer.write(std::uint16_t{7});
    ByteReader reader(writer.span());
    EXPECT_EQ(reader.read<std::uint32_t>(), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.read<std::uint8_t>(), 0u);
}

TEST(ByteReader, RefusesOverlongVarint) {
    const std::string overlong(11, '\x80');
    ByteReader reader(as_byte_span(overlong));
    EXPECT_EQ(reader.read_varint(), 0u);
    EXPECT_FALSE(reader.ok());
    const std::string too_large = std::string(9, '\xFF') + '\x02';
    ByteReader second(as_byte_span(too_large));
    second.read_varint();
    EXPECT_FALSE(second.ok());
}

TEST(Zigzag, RoundTripsTheExtremes) {
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN, INT64_MAX}) {
        EXPECT_EQ(zigzag_decode(zigzag_encode(value)), value);
    }
    EXPECT_EQ(zigzag_encode(-1), 1u);
    EXPECT_EQ(zigzag_encode(1), 2u);
}

}  // namespace
}  // namespace sluice
