// Chunks with flipped bits, cut ends and forged contents.
#include <gtest/gtest.h>

#include "column_shapes.h"
#include "sluice/base/crc32c.h"

namespace sluice::codec {
namespace {

using model::FieldType;
using test::TestColumn;

std::vector<std::byte> bytes_of(const ByteWriter& writer) {
    return {writer.span().begin(), writer.span().end()};
}

void fix_checksum(std::vector<std::byte>& chunk) {
    const std::size_t body = chunk.size() - 4;
    store_le(chunk.data() + body, crc32c(ByteSpan(chunk).first(body)));
}

TEST(DamagedChunk, EveryFlippedBitIsNoticed) {
    for (const TestColumn& column : test::all_columns(70)) {
        std::vector<std::byte> chunk = bytes_of(test::encode(column));
        DecodedColumn decoded;
        for (std::size_t bit = 0; bit < chunk.size() * 8; ++bit) {
            chunk[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
            const Result<void> result = decode_column(chunk, column.type, 70, decoded);
            ASSERT_FALSE(result.ok()) << column.name << ", bit " << bit;
            ASSERT_EQ(result.error().kind, ErrorKind::kCorrupt);
            chunk[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
        }
    }
}

TEST(DamagedChunk, EveryTruncationIsNoticed) {
    for (const TestColumn& column : test::all_columns(70)) {
        const std::vector<std::byte> chunk = bytes_of(test::encode(column));
        DecodedColumn decoded;
        for (std::size_t size = 0; size < chunk.size(); ++size) {
            // A copy of exactly this size, so that a sanitizer sees a read past its end.
            const std::vector<std::byte> cut(chunk.begin(), chunk.begin() + size);
            ASSERT_FALSE(decode_column(cut, column.type, 70, decoded).ok()) << column.name;
        }
    }
}

// Forged on purpose: the checksum is right, the content is not. The answer may be anything but a
// crash or a read outside the span.
TEST(DamagedChunk, ForgedContentsDoNoHarm) {
    Random random(3);
    for (const std::uint32_t rows : {1u, 70u, 600u}) {
        for (const TestColumn& column : test::all_columns(rows)) {
            const std::vector<std::byte> good = bytes_of(test::encode(column));
            DecodedColumn decoded;
            for (int round = 0; round < 200; ++round) {
                std::vector<std::byte> chunk = good;
                if (random.chance(0.3) && chunk.size() > 6) {
                    chunk.resize(5 + random.below(chunk.size() - 5));
                }
                for (auto flips = random.below(4) + 1; flips > 0; --flips) {
                    // Heads decide more than contents: most flips go there.
                    const std::size_t reach = random.chance(0.7)
                                                  ? std::min<std::size_t>(16, chunk.size() - 4)
                                                  : chunk.size() - 4;
                    chunk[random.below(reach)] ^= static_cast<std::byte>(1 << random.below(8));
                }
                fix_checksum(chunk);
                (void)decode_column(chunk, column.type, rows, decoded).ok();
            }
        }
    }
}

TEST(DamagedChunk, UnknownEncodingIsUnsupported) {
    std::vector<std::byte> chunk = bytes_of(test::encode(test::integer_columns(5)[0]));
    chunk[0] = std::byte{77};
    fix_checksum(chunk);
    DecodedColumn decoded;
    const Result<void> result = decode_column(chunk, FieldType::kInteger, 5, decoded);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind, ErrorKind::kUnsupported);
}

TEST(DamagedChunk, AnotherColumnsTypeIsCorrupt) {
    const ByteWriter chunk = test::encode(test::integer_columns(5)[0]);
    DecodedColumn decoded;
    for (const FieldType type : {FieldType::kFloat, FieldType::kString, FieldType::kBoolean}) {
        const Result<void> result = decode_column(chunk.span(), type, 5, decoded);
        ASSERT_FALSE(result.ok());
        EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
    }
}

TEST(DamagedChunk, WrongRowCountIsCorruptOrShort) {
    const TestColumn column = test::integer_columns(300)[4];
    const ByteWriter chunk = test::encode(column);
    DecodedColumn decoded;
    for (const std::uint32_t rows : {1u, 299u, 301u, 4096u}) {
        EXPECT_FALSE(decode_column(chunk.span(), column.type, rows, decoded).ok());
    }
}

}  // namespace
}  // namespace sluice::codec
