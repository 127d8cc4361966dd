#include "sluice/http/chunked_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::http {
namespace {

using Outcome = ChunkedDecoder::Outcome;
constexpr std::size_t kNoLimit = 1 << 20;

std::string_view text_of(const PodVector<std::byte>& body) {
    return as_text({body.data(), body.size()});
}

std::string chunk(std::string_view content) {
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", content.size());
    return size + std::string(content) + "\r\n";
}

TEST(ChunkedDecoder, JoinsChunksAndFindsTheEnd) {
    const std::string framed = chunk("abc") + chunk(std::string(240, 'x')) + "0\r\n\r\n";
    PodVector<std::byte> body;
    ChunkedDecoder decoder;
    const auto progress = decoder.feed(framed + "GET /", body, kNoLimit);
    EXPECT_EQ(progress.outcome, Outcome::kDone);
    EXPECT_EQ(progress.consumed, framed.size());
    EXPECT_EQ(text_of(body), "abc" + std::string(240, 'x'));
}

TEST(ChunkedDecoder, TakesChunksInAnyPieces) {
    const std::string content = "cpu value=1\nmem value=2\n";
    const std::string framed =
        "3;a=\"b\"\r\ncpu\r\n" + chunk(content.substr(3)) + "000\r\nTrailer: x\r\nOther: y\r\n\r\n";
    for (std::size_t first = 0; first <= framed.size(); ++first) {
        for (std::size_t second = first; second <= framed.size(); ++second) {
            PodVector<std::byte> body;
            ChunkedDecoder decoder;
            auto progress = decoder.feed(std::string_view(framed).substr(0, first), body, kNoLimit);
            if (progress.outcome == Outcome::kNeedMore) {
                progress = decoder.feed(std::string_view(framed).substr(first, second - first),
                                        body, kNoLimit);
            }
            if (progress.outcome == Outcome::kNeedMore) {
                progress = decoder.feed(std::string_view(framed).substr(second), body, kNoLimit);
            }
            ASSERT_EQ(progress.outcome, Outcome::kDone) << first << " " << second;
            ASSERT_EQ(text_of(body), content);
        }
    }
}

TEST(ChunkedDecoder, RandomPiecesOfRandomChunksGiveTheContent) {
    Random random(7);
    for (int round = 0; round < 200; ++round) {
        std::string content;
        std::string framed;
        for (std::uint64_t left = random.below(20); left > 0; --left) {
            const std::string piece(1 + random.below(500), static_cast<char>('a' + left));
            content += piece;
            framed += chunk(piece);
        }
        framed += "0\r\n\r\n";
        PodVector<std::byte> body;
        ChunkedDecoder decoder;
        std::string_view left = framed;
        Outcome outcome = Outcome::kNeedMore;
        while (!left.empty()) {
            const std::size_t size = std::min<std::size_t>(left.size(), 1 + random.below(300));
            outcome = decoder.feed(left.substr(0, size), body, kNoLimit).outcome;
            left.remove_prefix(size);
        }
        ASSERT_EQ(outcome, Outcome::kDone);
        ASSERT_EQ(text_of(body), content);
    }
}

TEST(ChunkedDecoder, RefusesBrokenFraming) {
    const char* const cases[] = {
        "zz\r\nabc\r\n",   "\r\n",       "3\nabc\r\n",
        "3\r\nabcd\r\n",   "3\r\nabc\n", "-3\r\nabc\r\n",
        "0x3\r\nabc\r\n",  "3 x\nabc",   "0\r\n\n",
        "0\r\nA: b\n\r\n", "3\rabc\r\n", "ffffffffffffffffff\r\n",
    };
    for (const char* framed : cases) {
        PodVector<std::byte> body;
        ChunkedDecoder decoder;
        EXPECT_EQ(decoder.feed(framed, body, kNoLimit).outcome, Outcome::kMalformed) << framed;
    }
}

TEST(ChunkedDecoder, StopsBeforeTheBodyGrowsBeyondItsBound) {
    for (std::size_t bound : {0u, 9u, 10u, 11u, 20u}) {
        const std::string framed = chunk(std::string(10, 'a')) + chunk("b") + "0\r\n\r\n";
        for (std::size_t piece : {std::size_t{1}, framed.size()}) {
            PodVector<std::byte> body;
            ChunkedDecoder decoder;
            Outcome outcome = Outcome::kNeedMore;
            for (std::size_t at = 0; at < framed.size() && outcome == Outcome::kNeedMore;
                 at += piece) {
                outcome =
                    decoder.feed(std::string_view(framed).substr(at, piece), body, bound).outcome;
            }
            EXPECT_EQ(outcome, bound >= 11 ? Outcome::kDone : Outcome::kTooLarge) << bound;
            EXPECT_LE(body.size(), bound);
        }
    }
}

TEST(ChunkedDecoder, BoundsExtensionsTrailersAndZeros) {
    for (const std::string& framed :
         {"3;" + std::string(100'000, 'x'), "0\r\n" + std::string(100'000, 'x'),
          std::string(100'000, '0')}) {
        PodVector<std::byte> body;
        ChunkedDecoder decoder;
        EXPECT_EQ(decoder.feed(framed, body, kNoLimit).outcome, Outcome::kMalformed);
    }
}

}  // namespace
}  // namespace sluice::http
