// A segment with any bit flipped or any end cut off says so; it never crashes and never lies.
#include <gtest/gtest.h>

#include "segment/segment_fixture.h"

namespace sluice::storage {
namespace {

using test::MemoryAccess;
using test::Model;
using test::Table;

std::vector<std::byte> small_segment() {
    Random random(1);
    Model model;
    for (const char* name : {"cpu", "disk"}) {
        Table& table = model[name];
        table.columns = test::kAllTypes;
        for (int i = 0; i < 3; ++i) {
            table.series[name + (",host=h" + std::to_string(i))] =
                test::some_series(table, 4, 0.2, random);
        }
    }
    SegmentWriterOptions options;
    options.with_sequences = true;
    return test::build(model, options, 1).bytes;
}

Result<void> open_and_verify(const std::vector<std::byte>& bytes) {
    MemoryAccess access(bytes);
    SLUICE_TRY(const std::unique_ptr<SegmentReader> reader,
               test::finish(SegmentReader::open(access, "dir/9.seg")));
    return test::finish(reader->verify());
}

TEST(DamagedSegment, EveryFlippedBitIsNoticed) {
    std::vector<std::byte> bytes = small_segment();
    ASSERT_TRUE(open_and_verify(bytes).ok());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
        const Result<void> result = open_and_verify(bytes);
        ASSERT_FALSE(result.ok()) << "bit " << bit;
        EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
        EXPECT_NE(result.error().message.find("dir/9.seg"), std::string::npos)
            << result.error().message;
        bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    }
}

TEST(DamagedSegment, EveryTruncationIsNoticed) {
    const std::vector<std::byte> bytes = small_segment();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const Result<void> result =
            open_and_verify({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
        ASSERT_FALSE(result.ok()) << size << " bytes";
        EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
    }
}

TEST(DamagedSegment, WhatIsReadFromADamagedFileIsRightOrAnError) {
    std::vector<std::byte> bytes = small_segment();
    MemoryAccess good(bytes);
    const Result<Model> expected = test::read_all(good);
    ASSERT_TRUE(expected.ok());
    for (std::size_t place = 0; place < bytes.size(); ++place) {
        const std::byte before = bytes[place];
        bytes[place] ^= std::byte{0x55};
        MemoryAccess access(bytes);
        const Result<Model> read = test::read_all(access);
        if (read.ok()) {
            ASSERT_EQ(read->size(), expected->size()) << place;
            for (const auto& [name, table] : *expected) {
                ASSERT_TRUE(read->at(name).series == table.series) << place;
            }
        }
        bytes[place] = before;
    }
}

TEST(DamagedSegment, NewerVersionIsUnsupported) {
    std::vector<std::byte> bytes = small_segment();
    const std::size_t trailer = bytes.size() - kSegmentTrailerBytes;
    store_le(bytes.data() + trailer + 16, kSegmentVersion + 1);
    ByteWriter sealed;
    sealed.write_span(ByteSpan(bytes).subspan(trailer, 20));
    seal(sealed, 0);
    std::copy(sealed.span().begin(), sealed.span().end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(trailer));
    const Result<void> result = open_and_verify(bytes);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind, ErrorKind::kUnsupported);
}

TEST(DamagedSegment, UnknownFlagOfAWholeFooterIsANewerVersion) {
    ByteWriter footer;
    footer.write<std::uint8_t>(0x80);
    for (int i = 0; i < 9; ++i) footer.write_varint(0);
    seal(footer, 0);
    EXPECT_EQ(parse_segment_footer(footer.span(), 1 << 20).error().kind, ErrorKind::kUnsupported);
    footer.data()[0] = std::byte{0};
    EXPECT_EQ(parse_segment_footer(footer.span(), 1 << 20).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace sluice::storage
