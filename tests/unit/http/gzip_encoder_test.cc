#include "sluice/http/gzip_encoder.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/base/bytes.h"
#include "sluice/base/random.h"
#include "sluice/http/content_encoding.h"

namespace sluice::http {
namespace {

std::string inflated(const OutputBuffer& compressed) {
    GzipDecoder decoder;
    PodVector<std::byte> body;
    const auto done =
        decoder.decode(as_byte_span({compressed.data(), compressed.size()}), body, 1u << 30);
    EXPECT_TRUE(done.ok());
    return std::string(as_text({body.data(), body.size()}));
}

TEST(GzipEncoder, MakesOneMemberOfManyPieces) {
    Random random(1);
    for (const std::size_t pieces : {0u, 1u, 2u, 1000u}) {
        GzipEncoder encoder;
        OutputBuffer out;
        std::string all;
        for (std::size_t i = 0; i < pieces; ++i) {
            std::string piece(random.below(2000), 'x');
            for (char& c : piece) c = static_cast<char>('0' + random.below(10));
            encoder.add(piece, out);
            if (i % 7 == 0) encoder.flush(out);
            all += piece;
        }
        encoder.finish(out);
        EXPECT_EQ(inflated(out), all);
    }
}

TEST(GzipEncoder, ShowsWhatWasFlushed) {
    GzipEncoder encoder;
    OutputBuffer out;
    encoder.add("some text", out);
    const std::size_t before = out.size();
    encoder.flush(out);
    EXPECT_GT(out.size(), before);
}

TEST(GzipEncoder, IsWantedWhereGzipIsNamed) {
    EXPECT_TRUE(wants_gzip("gzip"));
    EXPECT_TRUE(wants_gzip("deflate, gzip;q=1.0, *;q=0.5"));
    EXPECT_FALSE(wants_gzip("deflate, br"));
    EXPECT_FALSE(wants_gzip(""));
}

}  // namespace
}  // namespace sluice::http
