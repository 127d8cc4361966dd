#include <gtest/gtest.h>

#include "segment/segment_fixture.h"

namespace sluice::storage {
namespace {

using test::BuiltSegment;
using test::MemoryAccess;
using test::Model;
using test::Table;

SegmentWriterOptions options_with(bool sequences, std::uint32_t piece_bytes = 8192) {
    SegmentWriterOptions options;
    options.group = 77;
    options.with_sequences = sequences;
    options.piece_bytes = piece_bytes;
    return options;
}

void expect_same(const Model& expected, const Model& actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (const auto& [name, table] : expected) {
        const Table& other = actual.at(name);
        EXPECT_EQ(table.columns, other.columns);
        ASSERT_EQ(table.series.size(), other.series.size());
        for (const auto& [key, series] : table.series) {
            ASSERT_TRUE(other.series.count(key) == 1) << key;
            EXPECT_TRUE(series == other.series.at(key)) << key;
        }
    }
}

void expect_round_trip(const Model& model, bool sequences) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const BuiltSegment built = test::build(model, options_with(sequences), seed);
        EXPECT_EQ(built.meta.size_bytes, built.bytes.size());
        EXPECT_EQ(built.bytes.size() % kDirectIoAlignment, 0u);
        MemoryAccess access(built.bytes);
        Result<Model> read = test::read_all(access);
        ASSERT_TRUE(read.ok()) << read.error().message;
        expect_same(model, *read);
        const auto reader = test::finish(SegmentReader::open(access, "test.seg"));
        ASSERT_TRUE(reader.ok());
        EXPECT_EQ((*reader)->meta(), built.meta);
        const Result<void> verified = test::finish((*reader)->verify());
        EXPECT_TRUE(verified.ok()) << verified.error().message;
    }
}

TEST(Segment, EmptySegmentHasAFooter) {
    expect_round_trip({}, false);
}

TEST(Segment, OneRowComesBack) {
    Random random(1);
    Model model;
    Table& table = model["m"];
    table.columns = test::kAllTypes;
    table.series["m"] = test::some_series(table, 1, 0, random);
    expect_round_trip(model, true);
}

TEST(Segment, ManyMeasurementsWithNullsComeBack) {
    Random random(2);
    Model model;
    for (int m = 0; m < 12; ++m) {
        Table& table = model["m" + std::to_string(m)];
        table.columns = test::kAllTypes;
        for (int s = 0; s < 20; ++s) {
            table.series["m" + std::to_string(m) + ",host=h" + std::to_string(s)] =
                test::some_series(table, 1 + random.below(40), 0.3, random, random.below(10));
        }
    }
    expect_round_trip(model, true);
    for (auto& [name, table] : model) {
        for (auto& [key, series] : table.series) {
            for (auto& [time, row] : series) row.sequence = 0;
        }
    }
    expect_round_trip(model, false);
}

TEST(Segment, LongAndShortSeriesComeBack) {
    Random random(3);
    Model model;
    Table& table = model["cpu"];
    table.columns = {{"usage", model::FieldType::kFloat}, {"state", model::FieldType::kString}};
    for (const std::size_t rows : {1, 1023, 1024, 1025, 4095, 4096, 4097, 9000, 500, 500, 3}) {
        const std::string number = std::to_string(100 + table.series.size());
        table.series["cpu,host=" + number] = test::some_series(table, rows, 0.01, random);
    }
    expect_round_trip(model, true);
}

TEST(Segment, BlocksOfLongStringsAreShort) {
    Random random(31);
    Model model;
    Table& table = model["m"];
    table.columns = {{"n", model::FieldType::kInteger}, {"s", model::FieldType::kString}};
    for (const std::size_t rows : {300, 20, 300}) {
        test::Series series = test::some_series(table, rows, 0.1, random);
        for (auto& [time, row] : series) {
            if (row.cells[1].index() == 0) continue;
            row.cells[1] = std::string(100 * 1024, static_cast<char>('a' + random.below(26)));
        }
        table.series["m,a=" + std::to_string(table.series.size())] = std::move(series);
    }
    expect_round_trip(model, true);
    const BuiltSegment built = test::build(model, options_with(true), 1);
    MemoryAccess access(built.bytes);
    const auto reader = test::finish(SegmentReader::open(access, "test.seg"));
    const auto index = test::finish((*reader)->load_index((*reader)->measurements()[0]));
    ASSERT_TRUE(index.ok());
    // 620 rows with some 54 MiB of text, of which a block takes 8 MiB.
    EXPECT_GE((*index)->block_count(), 7u);
    EXPECT_LE((*index)->block_count(), 9u);
    for (std::uint32_t i = 0; i < (*index)->block_count(); ++i) {
        EXPECT_LE((*index)->block(i).rows, 110u);
    }
}

TEST(Segment, SeriesPagesSplit) {
    Random random(4);
    Model model;
    Table& table = model["m"];
    table.columns = {{"v", model::FieldType::kInteger}};
    for (int i = 0; i < 9000; ++i) {
        table.series["m,id=" + std::to_string(i)] = test::some_series(table, 1, 0, random);
    }
    const BuiltSegment built = test::build(model, options_with(false), 1);
    MemoryAccess access(built.bytes);
    const auto reader = test::finish(SegmentReader::open(access, "test.seg"));
    const SegmentMeasurement* measurement = (*reader)->find_measurement("m");
    ASSERT_NE(measurement, nullptr);
    const auto index = test::finish((*reader)->load_index(*measurement));
    ASSERT_TRUE(index.ok());
    EXPECT_EQ((*index)->page_count(), 3u);
    std::uint32_t number = 0;
    for (const auto& [key, series] : table.series) {
        if (number % 97 == 0 || number % 4096 < 2) {
            const auto found = test::finish((*reader)->find_series(**index, key));
            ASSERT_TRUE(found.ok());
            EXPECT_EQ(*found, std::optional<std::uint32_t>(number));
            const auto [first, last] = (*index)->blocks_of_series(number);
            EXPECT_EQ(last - first, 1u);
            EXPECT_LE((*index)->block(first).first_series, number);
        }
        ++number;
    }
    for (const char* absent : {"a", "m", "m,id=", "m,id=10x", "m,id=99999", "z"}) {
        const auto found = test::finish((*reader)->find_series(**index, absent));
        ASSERT_TRUE(found.ok());
        EXPECT_FALSE(found->has_value()) << absent;
    }
    EXPECT_EQ((*reader)->find_measurement("l"), nullptr);
    EXPECT_EQ((*reader)->find_measurement("n"), nullptr);
}

TEST(Segment, StatisticsAnswerBlocksOfOneSeries) {
    Random random(5);
    Model model;
    Table& table = model["m"];
    table.columns = test::kAllTypes;
    table.series["m,a=1"] = test::some_series(table, 10, 0, random);
    table.series["m,a=2"] = test::some_series(table, 5000, 0.2, random);
    table.series["m,a=3"] = test::some_series(table, 10, 0, random);
    table.series["m,a=4"] = test::some_series(table, 10, 0, random);
    const BuiltSegment built = test::build(model, options_with(true), 1);
    MemoryAccess access(built.bytes);
    const auto reader = test::finish(SegmentReader::open(access, "test.seg"));
    const auto index = test::finish((*reader)->load_index((*reader)->measurements()[0]));
    ASSERT_EQ((*index)->block_count(), 4u);
    const std::vector<std::uint32_t> columns = {0, 1, 2, 3, 4};
    BlockRequest request;
    request.columns = columns;
    ASSERT_TRUE((*reader)->has_running_sums());
    std::vector<double> sums(5);
    for (std::uint32_t i = 0; i < 4; ++i) {
        EXPECT_EQ((*index)->block_continues(i), i == 2);
        if (i != 2) sums.assign(5, 0);
        SegmentBlockChunks chunks;
        (*index)->read_chunks(i, chunks);
        SegmentBlock block;
        ASSERT_TRUE(test::finish((*reader)->read_block(**index, i, request, block)).ok());
        for (std::size_t c = 0; c < 5; ++c) {
            EXPECT_EQ(chunks.columns[c].has_statistics, i != 3);
            if (i == 3) continue;
            EXPECT_EQ(chunks.columns[c].statistics,
                      codec::column_statistics(block.columns[c].slice(), block.rows, sums[c]));
            if (block.columns[c].type != model::FieldType::kFloat) continue;
            sums[c] = std::bit_cast<double>(chunks.columns[c].statistics.sum);
        }
    }
    EXPECT_EQ((*index)->blocks_of_series(1), (std::pair<std::uint32_t, std::uint32_t>(1, 3)));
    EXPECT_EQ((*index)->blocks_of_series(3), (std::pair<std::uint32_t, std::uint32_t>(3, 4)));
}

TEST(Segment, OneColumnOfManyIsOneRead) {
    Random random(6);
    Model model;
    Table& table = model["m"];
    for (int i = 0; i < 50; ++i) {
        table.columns.push_back({"c" + std::to_string(i), model::FieldType::kFloat});
    }
    table.series["m"] = test::some_series(table, 4096, 0, random);
    const BuiltSegment built = test::build(model, options_with(false), 1);
    MemoryAccess access(built.bytes);
    const auto reader = test::finish(SegmentReader::open(access, "test.seg"));
    const auto index = test::finish((*reader)->load_index((*reader)->measurements()[0]));
    const std::vector<std::uint32_t> columns = {40, 41};
    BlockRequest request;
    request.columns = columns;
    SegmentBlock block;
    access.reads = 0;
    ASSERT_TRUE(test::finish((*reader)->read_block(**index, 0, request, block)).ok());
    EXPECT_EQ(access.reads, 2u);  // the times, and the two columns together
}

TEST(Segment, MeasurementWithoutSeriesLeavesNoTrace) {
    SegmentWriter writer(options_with(false));
    writer.begin_measurement("nothing", test::kAllTypes);
    writer.end_measurement();
    EXPECT_EQ(writer.finish().rows, 0u);
}

}  // namespace
}  // namespace sluice::storage
