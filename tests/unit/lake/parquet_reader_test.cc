#include "sluice/lake/parquet_reader.h"

#include <gtest/gtest.h>

#include "file_builder.h"

namespace sluice::lake {
namespace {

std::string small_file() {
    const std::vector<ParquetColumn> columns = {{"time", ParquetType::kTime, true},
                                                {"f", ParquetType::kFloat, false},
                                                {"u", ParquetType::kUnsigned, false},
                                                {"s", ParquetType::kString, false}};
    std::vector<BuiltColumn> values(4);
    for (std::uint64_t i = 0; i < 50; ++i) {
        values[0].words.push_back(i * 1'000'000);
        values[1].words.push_back(i % 7 == 0 ? std::nullopt
                                             : word_of(0.5 * static_cast<double>(i % 3)));
        values[2].words.push_back(i);
        values[3].texts.push_back(i % 2 == 0 ? "even" : "odd");
    }
    return build_file(columns, values);
}

// Whether all of it can be read.
bool is_whole(std::string_view file) {
    const Result<ParquetReader> reader = ParquetReader::open(as_byte_span(file));
    if (!reader.ok()) return false;
    const ParquetMetadata& metadata = reader->metadata();
    for (std::size_t group = 0; group < metadata.groups.size(); ++group) {
        for (std::size_t column = 0; column < metadata.columns.size(); ++column) {
            if (!reader->read(group, column).ok()) return false;
        }
    }
    return true;
}

TEST(ParquetReader, EveryTruncationIsAnError) {
    const std::string file = small_file();
    ASSERT_TRUE(is_whole(file));
    for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_FALSE(ParquetReader::open(as_byte_span(file).first(size)).ok()) << size;
    }
}

TEST(ParquetReader, EveryFlippedBitOfAPageIsAnError) {
    const std::string file = small_file();
    const auto metadata_bytes = load_le<std::uint32_t>(file.data() + file.size() - 8);
    const ParquetMetadata metadata = ParquetReader::open(as_byte_span(file))->metadata();
    // Bits of the metadata have no checksum: what they become is read, or is an error.
    std::size_t passed = 0;
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        std::string damaged = file;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
        const bool good = is_whole(damaged);
        if (bit / 8 < file.size() - 8 - metadata_bytes) passed += good ? 1 : 0;
    }
    // The heads of pages name the kind of levels, of which there is one: these bits go unnoticed.
    EXPECT_LT(passed, 200u);
}

TEST(ParquetReader, WhatSluiceDoesNotWriteIsRefused) {
    EXPECT_FALSE(ParquetReader::open({}).ok());
    EXPECT_FALSE(ParquetReader::open(as_byte_span("PAR1PAR1")).ok());
    const std::string file = small_file();
    std::string other = file;
    other.replace(other.size() - 4, 4, "PARE");
    EXPECT_EQ(ParquetReader::open(as_byte_span(other)).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace sluice::lake
