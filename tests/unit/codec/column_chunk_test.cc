#include "sluice/codec/column_chunk.h"

#include <gtest/gtest.h>

#include "column_shapes.h"

namespace sluice::codec {
namespace {

using model::FieldType;
using model::Timestamp;
using test::TestColumn;

void expect_round_trip(const TestColumn& column) {
    const ByteWriter chunk = test::encode(column);
    DecodedColumn decoded;
    const Result<void> result = decode_column(chunk.span(), column.type, column.rows(), decoded);
    ASSERT_TRUE(result.ok()) << column.name << ": " << result.error().message;
    EXPECT_TRUE(test::same_values(column, decoded))
        << column.name << ", " << column.rows() << " rows";
}

TEST(ColumnChunk, EveryShapeComesBackBitForBit) {
    for (const std::uint32_t rows : test::kEdgeRows) {
        for (const TestColumn& column : test::all_columns(rows)) expect_round_trip(column);
    }
}

TEST(ColumnChunk, NullsComeBackAsNulls) {
    Random random(7);
    for (const std::uint32_t rows : test::kEdgeRows) {
        for (TestColumn& column : test::all_columns(rows)) {
            for (const double density : {0.0, 0.03, 0.5, 1.0}) {
                column.validity.assign((rows + 63) / 64, 0);
                for (std::uint32_t row = 0; row < rows; ++row) {
                    if (random.chance(density)) column.validity[row / 64] |= 1ull << (row % 64);
                }
                expect_round_trip(column);
            }
        }
    }
}

void expect_rows(const TestColumn& column, const DecodedColumn& decoded, RowRange range) {
    const ColumnSlice all = column.slice();
    const ColumnSlice some = decoded.slice();
    for (std::uint32_t row = range.begin; row < range.end; ++row) {
        const bool same = (all.words.empty() || all.words[row] == some.words[row]) &&
                          (all.texts.empty() || all.texts[row] == some.texts[row]) &&
                          (all.flags.empty() || all.flags[row] == some.flags[row]);
        ASSERT_TRUE(same && some.is_valid(row))
            << column.name << ", row " << row << " of " << column.rows();
    }
}

TEST(ColumnChunk, SomeRowsAreThoseOfAll) {
    for (const std::uint32_t rows : test::kEdgeRows) {
        for (const TestColumn& column : test::all_columns(rows)) {
            const ByteWriter chunk = test::encode(column);
            for (const std::uint32_t begin : {0u, 1u, 255u, 256u, 300u, 4000u}) {
                for (const std::uint32_t count : {1u, 100u, 256u, 600u}) {
                    const RowRange range = RowRange{begin, begin + count}.within(rows);
                    DecodedColumn decoded;
                    ASSERT_TRUE(
                        decode_column(chunk.span(), column.type, rows, decoded, range).ok());
                    expect_rows(column, decoded, range);
                }
            }
        }
    }
}

TEST(ColumnChunk, ValidityMayBeginAtAnyBit) {
    TestColumn column = test::integer_columns(130)[1];
    for (const std::uint32_t begin : {0u, 1u, 63u, 64u, 100u}) {
        std::vector<std::uint64_t> validity((begin + 130 + 63) / 64);
        for (std::uint32_t row = 0; row < 130; row += 3) {
            validity[(begin + row) / 64] |= 1ull << ((begin + row) % 64);
        }
        ColumnSlice slice = column.slice();
        slice.validity = validity;
        slice.validity_begin = begin;
        ChunkEncoder encoder;
        ByteWriter out;
        encoder.encode_column(slice, 130, out);
        DecodedColumn decoded;
        ASSERT_TRUE(decode_column(out.span(), column.type, 130, decoded).ok());
        for (std::uint32_t row = 0; row < 130; ++row) {
            EXPECT_EQ(decoded.is_valid(row), row % 3 == 0);
            EXPECT_EQ(decoded.words[row], row % 3 == 0 ? column.words[row] : 0);
        }
    }
}

TEST(ColumnChunk, AbsentColumnIsAllNull) {
    ChunkEncoder encoder;
    ByteWriter out;
    ColumnSlice absent;
    absent.type = FieldType::kString;
    encoder.encode_column(absent, 77, out);
    EXPECT_EQ(out.size(), 6u);
    DecodedColumn decoded;
    ASSERT_TRUE(decode_column(out.span(), FieldType::kString, 77, decoded).ok());
    for (std::uint32_t row = 0; row < 77; ++row) EXPECT_FALSE(decoded.is_valid(row));
}

TEST(ColumnChunk, TwoDecimalWalkStaysNearItsEntropy) {
    Random random(11);
    TestColumn column;
    double at = 50;
    for (std::uint32_t i = 0; i < kBlockRowsMax; ++i) {
        double step = -6;
        for (int k = 0; k < 12; ++k) step += random.unit();
        at = std::fmin(100, std::fmax(0, at + step));
        column.words.push_back(test::bits_of(std::round(at * 100) / 100));
    }
    EXPECT_LT(test::encode(column).size(), 1.2 * kBlockRowsMax);
}

struct TimesCase {
    const char* name;
    std::vector<Timestamp> times;
    std::vector<std::uint32_t> runs;
    std::size_t bytes_max;
};

std::vector<TimesCase> times_cases() {
    constexpr Timestamp kStart = 1'700'000'000'000'000'000;
    Random random(5);
    std::vector<TimesCase> cases;
    cases.push_back({"one row", {model::kTimestampMin}, {1}, 20});
    cases.push_back({"the whole range", {model::kTimestampMin, model::kTimestampMax}, {2}, 32});
    TimesCase regular{"regular, eight series", {}, std::vector<std::uint32_t>(8, 512), 32};
    TimesCase jitter{"milliseconds with jitter", {}, {4096}, 4096 * 10 / 8};
    TimesCase gaps{"regular with gaps", {}, {1000, 3000}, 200};
    TimesCase single{"series of one row", {}, std::vector<std::uint32_t>(4096, 1), 24};
    for (int i = 0; i < 4096; ++i) {
        regular.times.push_back(kStart + i % 512 * 10 * kSecondNs);
        jitter.times.push_back(kStart + (i * 10'000 + random.between(0, 100)) * kMillisecondNs);
        single.times.push_back(kStart);
    }
    Timestamp at = kStart;
    for (int i = 0; i < 4000; ++i) {
        if (i == 1000) at = kStart;
        gaps.times.push_back(at);
        at += kSecondNs * (i % 300 == 299 ? 60 : 10);
    }
    for (TimesCase* one : {&regular, &jitter, &gaps, &single}) cases.push_back(std::move(*one));
    return cases;
}

TEST(TimeChunk, TimesComeBackAndRegularOnesCostNothing) {
    for (const TimesCase& one : times_cases()) {
        ChunkEncoder encoder;
        ByteWriter out;
        encoder.encode_times(one.times, one.runs, out);
        PodVector<Timestamp> decoded;
        ASSERT_TRUE(decode_times(out.span(), one.runs, decoded).ok()) << one.name;
        EXPECT_TRUE(std::equal(decoded.begin(), decoded.end(), one.times.begin(), one.times.end()))
            << one.name;
        EXPECT_LE(out.size(), one.bytes_max) << one.name;
    }
}

TEST(TimeChunk, RefusesRowCountsThatCannotBe) {
    ChunkEncoder encoder;
    ByteWriter out;
    const std::vector<Timestamp> times(10, 5);
    const std::vector<std::uint32_t> runs = {4, 6};
    encoder.encode_times(times, runs, out);
    PodVector<Timestamp> decoded;
    for (const std::vector<std::uint32_t>& wrong :
         {std::vector<std::uint32_t>{}, {0, 10}, {5000}, {4096, 1}}) {
        EXPECT_FALSE(decode_times(out.span(), wrong, decoded).ok());
    }
}

}  // namespace
}  // namespace sluice::codec
