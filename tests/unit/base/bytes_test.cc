#include "sluice/base/bytes.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/random.h"
#include "sluice/base/zigzag.h"

namespace sluice {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> list) {
    std::vector<std::byte> out;
    for (const int each : list) out.push_back(static_cast<std::byte>(each));
    return out;
}

std::uint64_t any_number(Random& random) {
    return random.next() >> random.below(64);
}

TEST(ByteReader, ReadsWhatAByteWriterWrites) {
    Random random(1);
    for (int round = 0; round < 2'000; ++round) {
        ByteWriter out;
        std::vector<std::pair<int, std::uint64_t>> written;
        for (std::uint64_t n = random.below(20); n > 0; --n) {
            const auto kind = static_cast<int>(random.below(4));
            const std::uint64_t number = any_number(random);
            written.emplace_back(kind, number);
            if (kind == 0) out.write_varint(number);
            if (kind == 1) out.write(number);
            if (kind == 2) out.write(static_cast<std::uint16_t>(number));
            if (kind == 3) out.write_text(std::string(number % 300, 'x'));
        }
        ByteReader in(out.span());
        for (const auto& [kind, number] : written) {
            switch (kind) {
                case 0:
                    ASSERT_EQ(in.read_varint(), number);
                    break;
                case 1:
                    ASSERT_EQ(in.read<std::uint64_t>(), number);
                    break;
                case 2:
                    ASSERT_EQ(in.read<std::uint16_t>(), static_cast<std::uint16_t>(number));
                    break;
                default:
                    ASSERT_EQ(in.read_text(), std::string(number % 300, 'x'));
            }
        }
        ASSERT_TRUE(in.ok());
        ASSERT_EQ(in.remaining(), 0u);
        ASSERT_EQ(in.position(), out.size());
    }
}

TEST(ByteReader, StaysFailedOnceItHasReadPastTheEnd) {
    const std::vector<std::byte> three = bytes({1, 2, 3});
    ByteReader in(three);
    EXPECT_EQ(in.read<std::uint16_t>(), 0x0201);
    EXPECT_EQ(in.read<std::uint16_t>(), 0);
    EXPECT_FALSE(in.ok());
    // One byte would be there, but what follows a failure means nothing.
    EXPECT_EQ(in.read<std::uint8_t>(), 0);
    EXPECT_TRUE(in.read_span(1).empty());
    EXPECT_EQ(in.read_varint(), 0u);
    EXPECT_EQ(in.read_text(), "");
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.position(), 2u);
}

TEST(ByteReader, TakesNothingOfASpanThatIsTooLong) {
    const std::vector<std::byte> three = bytes({1, 2, 3});
    ByteReader in(three);
    EXPECT_TRUE(in.read_span(0).empty());
    EXPECT_TRUE(in.ok());
    EXPECT_TRUE(in.read_span(std::numeric_limits<std::size_t>::max()).empty());
    EXPECT_FALSE(in.ok());
    const std::vector<std::byte> long_text = bytes({5, 'a', 'b'});
    ByteReader text(long_text);
    EXPECT_EQ(text.read_text(), "");
    EXPECT_FALSE(text.ok());
}

TEST(ByteReader, RefusesNumbersThatAreLongerThanTheyMayBe) {
    const auto number_of = [](const std::vector<std::byte>& from) {
        ByteReader in(from);
        const std::uint64_t value = in.read_varint();
        return std::pair(value, in.ok());
    };
    using Read = std::pair<std::uint64_t, bool>;
    EXPECT_EQ(number_of(bytes({0})), Read(0, true));
    EXPECT_EQ(number_of(bytes({0x7F})), Read(127, true));
    EXPECT_EQ(number_of(bytes({0x80, 1})), Read(128, true));
    EXPECT_EQ(number_of(bytes({0x80, 0})), Read(0, true));  // longer than needed, and read
    EXPECT_EQ(number_of(bytes({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1})),
              Read(~std::uint64_t{0}, true));
    // Beyond 64 bits, beyond ten bytes, and without an end.
    EXPECT_FALSE(
        number_of(bytes({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2})).second);
    EXPECT_FALSE(
        number_of(bytes({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0})).second);
    EXPECT_FALSE(number_of(bytes({0x80})).second);
    EXPECT_FALSE(number_of({}).second);
}

TEST(Zigzag, KeepsSmallNumbersSmallAndAllOfThemApart) {
    EXPECT_EQ(zigzag_encode(0), 0u);
    EXPECT_EQ(zigzag_encode(-1), 1u);
    EXPECT_EQ(zigzag_encode(1), 2u);
    EXPECT_EQ(zigzag_encode(-2), 3u);
    EXPECT_EQ(zigzag_encode(std::numeric_limits<std::int64_t>::max()), ~std::uint64_t{0} - 1);
    EXPECT_EQ(zigzag_encode(std::numeric_limits<std::int64_t>::min()), ~std::uint64_t{0});
    Random random(2);
    for (int i = 0; i < 100'000; ++i) {
        const auto value = static_cast<std::int64_t>(random.next());
        ASSERT_EQ(zigzag_decode(zigzag_encode(value)), value);
        ASSERT_EQ(zigzag_encode(zigzag_decode(static_cast<std::uint64_t>(value))),
                  static_cast<std::uint64_t>(value));
    }
}

TEST(LittleEndian, IsHowNumbersLieInBytesWhereverTheyBegin) {
    std::byte place[16] = {};
    for (std::size_t at = 0; at < 8; ++at) {
        store_le(place + at, std::uint32_t{0x0A0B0C0D});
        EXPECT_EQ(place[at], std::byte{0x0D});
        EXPECT_EQ(place[at + 3], std::byte{0x0A});
        EXPECT_EQ(load_le<std::uint32_t>(place + at), 0x0A0B0C0Du);
    }
}

TEST(Random, GivesTheSameSequenceForASeedAndStaysInItsBounds) {
    Random first(7);
    Random second(7);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(first.next(), second.next());
    Random random(8);
    int seen[6] = {};
    for (int i = 0; i < 60'000; ++i) {
        ++seen[random.below(6)];
        const std::int64_t between = random.between(-3, 2);
        ASSERT_GE(between, -3);
        ASSERT_LE(between, 2);
        const double unit = random.unit();
        ASSERT_GE(unit, 0);
        ASSERT_LT(unit, 1);
    }
    for (const int count : seen) EXPECT_NEAR(count, 10'000, 500);
    EXPECT_EQ(random.below(1), 0u);
    EXPECT_EQ(random.between(5, 5), 5);
}

}  // namespace
}  // namespace sluice
