#include "codec/timestamp_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/codec/word_stream.h"

namespace sluice::codec {
namespace {

using Times = std::vector<model::Timestamp>;
using Runs = std::vector<std::uint32_t>;

std::vector<std::byte> encoded(const Times& times, const Runs& runs) {
    const auto scratch = std::make_unique<TimeScratch>();
    ByteWriter out;
    encode_run_times(*scratch, times, runs, out);
    return {out.span().begin(), out.span().end()};
}

void expect_round_trip(const Times& times, const Runs& runs) {
    const std::vector<std::byte> bytes = encoded(times, runs);
    const auto scratch = std::make_unique<FrameScratch>();
    ByteReader in(bytes);
    Times out(times.size());
    ASSERT_TRUE(decode_run_times(*scratch, in, runs, out));
    ASSERT_EQ(in.remaining(), 0u);
    ASSERT_EQ(out, times);
}

TEST(RunTimes, ComeBackWhateverRunsThereAre) {
    Random random(1);
    for (int i = 0; i < 1'000; ++i) {
        Times times;
        Runs runs;
        const std::int64_t step = 1 + static_cast<std::int64_t>(random.below(1'000'000'000));
        const bool regular = random.chance(0.4);
        while (runs.empty() || (random.chance(0.8) && times.size() < 3'000)) {
            const auto rows =
                static_cast<std::uint32_t>(1 + random.below(random.chance(0.5) ? 3 : 300));
            runs.push_back(rows);
            model::Timestamp at = random.between(-1'000'000'000'000, 1'000'000'000'000);
            for (std::uint32_t row = 0; row < rows; ++row) {
                times.push_back(at);
                // Equal times are allowed: rows of one time from several writes.
                at += regular ? step : static_cast<std::int64_t>(random.below(5)) * step;
            }
        }
        expect_round_trip(times, runs);
    }
}

TEST(RunTimes, ReachBothEndsOfTime) {
    constexpr model::Timestamp kMin = model::kTimestampMin;
    constexpr model::Timestamp kMax = model::kTimestampMax;
    expect_round_trip({kMin}, {1});
    expect_round_trip({kMin, kMax}, {2});
    expect_round_trip({kMax, kMin}, {1, 1});
    expect_round_trip({kMin, kMin + 1, kMax, kMin, 0, kMax}, {3, 3});
    expect_round_trip({kMax, kMax, kMax}, {3});
}

TEST(RunTimes, TakeAHandfulOfBytesWhereAllStepsAreEqual) {
    Times times;
    Runs runs(16, 256);
    for (std::size_t run = 0; run < runs.size(); ++run) {
        for (int row = 0; row < 256; ++row) {
            times.push_back(1'700'000'000'000'000'000 + row * 10'000'000'000);
        }
    }
    EXPECT_LE(encoded(times, runs).size(), 24u);
    // One late point costs the steps, and no more than a few bits of each.
    times[100] += 1;
    EXPECT_LE(encoded(times, runs).size(), 400u);
    expect_round_trip(times, runs);
}

TEST(RunTimes, SaySoWhereTheyAreCut) {
    const Times times = {5, 7, 12, 1, 2, 90};
    const Runs runs = {3, 3};
    const std::vector<std::byte> bytes = encoded(times, runs);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const std::vector<std::byte> cut(bytes.begin(),
                                         bytes.begin() + static_cast<std::ptrdiff_t>(size));
        const auto scratch = std::make_unique<FrameScratch>();
        ByteReader in(cut);
        Times out(times.size());
        ASSERT_FALSE(decode_run_times(*scratch, in, runs, out)) << size;
    }
    // Steps where no run has a second row, and a kind that no writer knows.
    for (const int kind : {1, 2, 255}) {
        std::vector<std::byte> forged = encoded({5, 6}, {1, 1});
        forged[0] = static_cast<std::byte>(kind);
        const auto scratch = std::make_unique<FrameScratch>();
        ByteReader in(forged);
        Times out(2);
        EXPECT_FALSE(decode_run_times(*scratch, in, Runs{1, 1}, out)) << kind;
    }
}

TEST(WordStream, HoldsAnyNumberOfWords) {
    Random random(2);
    WordStreamEncoder encoder;
    for (const std::size_t count : {0, 1, 4095, 4096, 4097, 8192, 10'000}) {
        std::vector<std::uint64_t> words(count);
        for (auto& word : words) word = random.next() >> random.below(64);
        ByteWriter out;
        encoder.append(words, out);
        ByteReader in(out.span());
        std::vector<std::uint64_t> back(count, 1);
        ASSERT_TRUE(read_word_stream(in, back)) << count;
        EXPECT_EQ(in.remaining(), 0u) << count;
        EXPECT_EQ(back, words) << count;
        if (count == 0) continue;
        // Its last byte is missing.
        ByteReader cut(out.span().first(out.size() - 1));
        EXPECT_FALSE(read_word_stream(cut, back)) << count;
    }
}

}  // namespace
}  // namespace sluice::codec
