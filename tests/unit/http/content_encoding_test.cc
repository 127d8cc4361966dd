#include "sluice/http/content_encoding.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <string>

#include "sluice/base/random.h"

namespace sluice::http {
namespace {

constexpr std::size_t kNoLimit = 1 << 24;

std::string_view text_of(const PodVector<std::byte>& body) {
    return as_text({body.data(), body.size()});
}

std::string gzip(std::string_view text, int level = 6) {
    libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
    std::string out(libdeflate_gzip_compress_bound(compressor, text.size()), 0);
    out.resize(
        libdeflate_gzip_compress(compressor, text.data(), text.size(), out.data(), out.size()));
    libdeflate_free_compressor(compressor);
    return out;
}

std::string words(std::size_t size) {
    Random random(size);
    std::string text;
    while (text.size() < size) text += "cpu,host=h" + std::to_string(random.below(99)) + " v=1\n";
    text.resize(size);
    return text;
}

struct Decoded {
    std::string text;
    std::string error;
    ErrorKind kind = ErrorKind::kIo;
};

Decoded decode(std::string_view compressed, std::size_t limit = kNoLimit) {
    GzipDecoder decoder;
    PodVector<std::byte> body;
    const Result<void> result = decoder.decode(as_byte_span(compressed), body, limit);
    if (!result.ok()) return {"", result.error().message, result.error().kind};
    return {std::string(text_of(body)), "", ErrorKind::kIo};
}

TEST(ContentEncoding, KnowsBothNamesOfGzip) {
    EXPECT_TRUE(is_gzip("gzip"));
    EXPECT_TRUE(is_gzip("GZIP"));
    EXPECT_TRUE(is_gzip("x-gzip"));
    EXPECT_FALSE(is_gzip(""));
    EXPECT_FALSE(is_gzip("deflate"));
}

TEST(GzipDecoder, TellsWhatABodyWillBecome) {
    const std::string small = gzip(words(100));
    const std::string large = gzip(std::string(3'000'000, 'x'));
    EXPECT_EQ(GzipDecoder::expected_bytes(as_byte_span(small)), small.size() * 4);
    EXPECT_EQ(GzipDecoder::expected_bytes(as_byte_span(large)), 3'000'000u);
    EXPECT_GE(GzipDecoder::bytes_max(as_byte_span(large)), 3'000'000u);
    std::string liar = large;
    liar.replace(liar.size() - 4, 4, "\xFF\xFF\xFF\xFF");
    EXPECT_EQ(GzipDecoder::expected_bytes(as_byte_span(liar)),
              GzipDecoder::bytes_max(as_byte_span(liar)));
    EXPECT_EQ(GzipDecoder::expected_bytes({}), 0u);
}

TEST(GzipDecoder, GivesBackWhatWasCompressed) {
    for (std::size_t size : {0u, 1u, 100u, 4096u, 100'000u, 3'000'000u}) {
        for (int level : {0, 1, 9}) EXPECT_EQ(decode(gzip(words(size), level)).text, words(size));
    }
}

TEST(GzipDecoder, JoinsMembers) {
    EXPECT_EQ(decode(gzip("a") + gzip("") + gzip(words(200'000)) + gzip("c")).text,
              "a" + words(200'000) + "c");
}

TEST(GzipDecoder, ReusesItsBuffer) {
    GzipDecoder decoder;
    PodVector<std::byte> body;
    ASSERT_TRUE(decoder.decode(as_byte_span(gzip(words(50'000))), body, kNoLimit).ok());
    ASSERT_TRUE(decoder.decode(as_byte_span(gzip("b")), body, kNoLimit).ok());
    EXPECT_EQ(text_of(body), "b");
}

TEST(GzipDecoder, NamesEveryTruncationUnexpectedEof) {
    for (const std::string& whole :
         {gzip(words(3000)), gzip(words(300), 0), gzip("a") + gzip("b")}) {
        for (std::size_t size = 1; size < whole.size(); ++size) {
            const Decoded got = decode(std::string_view(whole).substr(0, size));
            if (whole.size() < 60 && size == gzip("a").size()) continue;  // one whole member
            EXPECT_EQ(got.error, "unexpected EOF") << size << " of " << whole.size();
        }
    }
    EXPECT_EQ(decode("").error, "EOF");
}

TEST(GzipDecoder, SpeaksLikeGoAboutBadBytes) {
    EXPECT_EQ(decode("abc").error, "unexpected EOF");
    EXPECT_EQ(decode("this is not gzip").error, "gzip: invalid header");
    std::string damaged = gzip(words(1000));
    damaged[damaged.size() - 6] ^= 1;  // in the CRC
    EXPECT_EQ(decode(damaged).error, "gzip: invalid checksum");
    damaged = gzip(words(1000));
    damaged[10] = static_cast<char>(damaged[10] | 6);  // block type 3
    EXPECT_EQ(decode(damaged).error, "flate: corrupt input before offset 1");
    EXPECT_EQ(decode(gzip("m v=1") + "garbage behind it").error, "gzip: invalid header");
    EXPECT_EQ(decode(gzip("m v=1") + "x").error, "unexpected EOF");
}

TEST(GzipDecoder, SurvivesEveryFlippedBit) {
    const std::string good = gzip(words(500));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        std::string bad = good;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        const Decoded got = decode(bad);
        // Bits of the header that carry nothing (time, system) may change freely.
        if (got.error.empty()) {
            EXPECT_EQ(got.text, words(500));
        }
    }
}

TEST(GzipDecoder, StopsBombsAtTheBound) {
    const std::string bomb = gzip(std::string(8 << 20, 'a'), 9);
    EXPECT_EQ(decode(bomb, 1 << 20).kind, ErrorKind::kTooLarge);
    for (std::size_t bound : {99'998u, 99'999u}) {
        EXPECT_EQ(decode(gzip(words(100'000)), bound).kind, ErrorKind::kTooLarge);
        EXPECT_EQ(decode(gzip(words(50'000)) + gzip(words(50'000)), bound).kind,
                  ErrorKind::kTooLarge);
    }
    EXPECT_EQ(decode(gzip(words(100'000)), 100'000).text.size(), 100'000u);
    EXPECT_EQ(decode(gzip(words(50'000)) + gzip(words(50'000)), 100'000).text.size(), 100'000u);
}

TEST(GzipDecoder, DoesNotBelieveAWrongSize) {
    std::string lying = gzip(words(1000));
    for (int i = 1; i <= 4; ++i) lying[lying.size() - static_cast<std::size_t>(i)] = '\xff';
    EXPECT_EQ(decode(lying).error, "gzip: invalid checksum");
}

}  // namespace
}  // namespace sluice::http
