#include "codec/string_codec.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sluice/base/random.h"

namespace sluice::codec {
namespace {

using Texts = std::vector<std::string>;

std::vector<std::byte> encoded(const Texts& texts) {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    StringScratch scratch;
    ByteWriter out;
    encode_strings(scratch, views, out);
    return {out.span().begin(), out.span().end()};
}

bool reads(const std::vector<std::byte>& bytes, std::size_t count, Texts* texts = nullptr) {
    const auto scratch = std::make_unique<FrameScratch>();
    ByteReader in(bytes);
    std::vector<std::string_view> views(count);
    PodVector<char> text_bytes;
    if (!decode_strings(*scratch, in, views, text_bytes)) return false;
    if (texts != nullptr) texts->assign(views.begin(), views.end());
    return in.remaining() == 0;
}

void expect_round_trip(const Texts& texts) {
    Texts back;
    ASSERT_TRUE(reads(encoded(texts), texts.size(), &back));
    ASSERT_EQ(back, texts);
}

std::string any_text(Random& random, std::size_t bytes_max) {
    std::string text(random.below(bytes_max + 1), '\0');
    for (char& c : text) c = static_cast<char>(random.below(256));
    return text;
}

TEST(StringCodec, GivesBackTextsOfAnyBytesAndRepetition) {
    Random random(1);
    for (int round = 0; round < 400; ++round) {
        const std::size_t count = 1 + random.below(random.chance(0.1) ? 4096 : 300);
        const std::size_t bytes_max = random.chance(0.2) ? 2'000 : 12;
        Texts known(1 + random.below(20));
        for (auto& each : known) each = any_text(random, bytes_max);
        const double repeated = random.unit();
        Texts texts(count);
        for (auto& each : texts) {
            each = random.chance(repeated) ? known[random.below(known.size())]
                                           : any_text(random, bytes_max);
        }
        expect_round_trip(texts);
    }
}

TEST(StringCodec, HoldsEmptyAndVeryLongTextsSideBySide) {
    expect_round_trip({""});
    expect_round_trip(Texts(4096));
    expect_round_trip({"", std::string(65'535, 'x'), "", std::string(1 << 20, 'y')});
    expect_round_trip({std::string(1, '\0'), "", std::string(2, '\0')});
}

TEST(StringCodec, StoresWhatRepeatsOnce) {
    Texts states(4096);
    for (std::size_t i = 0; i < states.size(); ++i) {
        states[i] = i % 3 == 0 ? "a state with a long name" : "another state with a long name";
    }
    // About a bit for each, and the two names.
    EXPECT_LE(encoded(states).size(), 4096u / 8 + 300);
    // Text that is alike but not equal is compressed.
    Texts lines(1000);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        lines[i] = "connection number " + std::to_string(i) + " was accepted from 10.0.0.7";
        bytes += lines[i].size();
    }
    EXPECT_LE(encoded(lines).size(), bytes / 4);
    // Noise is not: it costs hardly more than itself.
    Random random(2);
    Texts noise(100);
    bytes = 0;
    for (auto& each : noise) {
        each = any_text(random, 100);
        bytes += each.size();
    }
    EXPECT_LE(encoded(noise).size(), bytes + 200);
}

TEST(StringCodec, SaysSoWhereItIsCut) {
    Random random(3);
    for (const std::size_t count : {1, 5, 60}) {
        Texts texts(count);
        for (auto& each : texts) each = any_text(random, 40);
        const std::vector<std::byte> bytes = encoded(texts);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            ASSERT_FALSE(
                reads({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, count))
                << size << " of " << bytes.size();
        }
    }
}

TEST(StringCodec, DoesNoHarmWhateverItsBytesAre) {
    Random random(4);
    for (int round = 0; round < 3'000; ++round) {
        Texts texts(1 + random.below(50));
        for (auto& each : texts) each = any_text(random, 30);
        std::vector<std::byte> bytes = encoded(texts);
        for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
            bytes[random.below(bytes.size())] = static_cast<std::byte>(random.next());
        }
        // Any answer will do; a sanitizer sees what reads or writes beyond its place.
        (void)reads(bytes, texts.size());
    }
}

}  // namespace
}  // namespace sluice::codec
