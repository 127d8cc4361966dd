#include "server/prometheus/snappy_block.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

std::string packed(std::string_view text) {
    SnappyPacker packer(text);
    while (packer.pack_piece()) {
    }
    return packer.block();
}

std::string unpacked(std::string_view block) {
    const auto size = unpacked_size(as_byte_span(block));
    if (!size.ok()) return size.error().message;
    PodVector<std::byte> bytes;
    const auto done = unpack(as_byte_span(block), *size, bytes);
    return done.ok() ? std::string(as_text({bytes.data(), bytes.size()})) : done.error().message;
}

TEST(SnappyBlock, UnpacksWhatGoPacks) {
    // snappy.Encode(nil, []byte("abcabcabcabcabcabc")): a literal and a copy.
    EXPECT_EQ(unpacked(std::string_view("\x12\x08"
                                        "abc\x3A\x03\x00",
                                        8)),
              "abcabcabcabcabcabc");
    EXPECT_EQ(unpacked(std::string_view("\0", 1)), "");
}

TEST(SnappyBlock, PiecesMakeOneBlock) {
    for (const std::size_t size : {0, 1, 127, 128, 65'535, 65'536, 262'144, 262'145, 1'000'000}) {
        std::string text;
        for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i * i % 977) + ",";
        text.resize(size);
        EXPECT_EQ(unpacked(packed(text)), text) << size;
    }
}

TEST(SnappyBlock, RefusesWhatIsNoBlock) {
    const std::string good = packed(std::string(1000, 'x') + "and an end");
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
        EXPECT_EQ(unpacked(std::string_view(good).substr(0, cut)), "snappy: corrupt input") << cut;
    }
    EXPECT_EQ(unpacked(good + "x"), "snappy: corrupt input");
}

}  // namespace
}  // namespace sluice::server
