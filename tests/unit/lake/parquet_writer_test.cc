#include "sluice/lake/parquet_writer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "file_builder.h"

namespace sluice::lake {
namespace {

struct Table {
    std::vector<ParquetColumn> columns;
    std::vector<BuiltColumn> values;

    BuiltColumn& add(std::string name, ParquetType type, bool is_required = false) {
        columns.push_back({std::move(name), type, is_required});
        return values.emplace_back();
    }
};

// What comes out is what went in, whatever the size of the pieces, which must not show.
std::string expect_round_trip(const Table& table, const ParquetOptions& options = {}) {
    const std::string file = build_file(table.columns, table.values, options);
    const Result<ParquetReader> reader = ParquetReader::open(as_byte_span(file));
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ(reader->metadata().columns, table.columns);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const BuiltColumn read = read_column(*reader, i);
        // Not EXPECT_EQ, which would print megabytes.
        EXPECT_TRUE(read.words == table.values[i].words) << table.columns[i].name;
        EXPECT_TRUE(read.texts == table.values[i].texts) << table.columns[i].name;
    }
    EXPECT_TRUE(build_file(table.columns, table.values, options) == file) << "other bytes";
    return file;
}

std::uint64_t scrambled(std::uint64_t i) {
    return (i * 0x9E3779B97F4A7C15u) ^ (i * 0xD1B54A32D192ED03u) >> 29;
}

// Every type, with `distinct` values each; every `null_every`-th is missing.
Table all_types(std::size_t rows, std::uint64_t distinct, std::size_t null_every) {
    Table table;
    const ParquetType types[] = {ParquetType::kFloat, ParquetType::kInteger, ParquetType::kUnsigned,
                                 ParquetType::kBoolean, ParquetType::kString};
    for (const ParquetType type : types) {
        BuiltColumn& column = table.add(std::string(parquet_type_name(type)), type);
        for (std::size_t row = 0; row < rows; ++row) {
            const bool is_null = null_every != 0 && row % null_every == 0;
            const std::uint64_t word = scrambled(row % distinct);
            if (type == ParquetType::kString) {
                column.texts.push_back(is_null ? std::nullopt
                                               : std::optional("text " + std::to_string(word)));
            } else {
                const std::uint64_t value = type == ParquetType::kBoolean ? word & 1 : word;
                column.words.push_back(is_null ? std::nullopt : std::optional(value));
            }
        }
    }
    return table;
}

TEST(ParquetWriter, EveryTypeComesBack) {
    for (const std::size_t rows : {1, 7, 512, 513, 20'001, 45'000}) {
        for (const std::uint64_t distinct : {1, 1'000, 1'000'000}) {
            for (const std::size_t null_every : {0, 1, 3}) {
                expect_round_trip(all_types(rows, distinct, null_every));
            }
        }
    }
}

TEST(ParquetWriter, AFileWithoutRowsIsAFile) {
    Table table = all_types(0, 1, 0);
    const std::string file = build_file(table.columns, table.values);
    const Result<ParquetReader> reader = ParquetReader::open(as_byte_span(file));
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(reader->metadata().rows(), 0u);
    EXPECT_TRUE(reader->metadata().groups.empty());
}

TEST(ParquetWriter, TimesAreMicrosecondsAndTheRestIsNanos) {
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min() + 2;
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() - 1;
    const std::int64_t times[] = {kMin, -1'000'001, -1'000, -1, 0, 1, 999, 1'000, 1'234'567, kMax};
    Table table;
    table.add("time", ParquetType::kTime, true);
    table.add("nanos", ParquetType::kNanos, true);
    for (const std::int64_t time : times) {
        table.values[0].words.push_back(static_cast<std::uint64_t>(time));
        table.values[1].words.push_back(static_cast<std::uint64_t>(time));
    }
    const std::string file = build_file(table.columns, table.values);
    const Result<ParquetReader> reader = ParquetReader::open(as_byte_span(file));
    ASSERT_TRUE(reader.ok());
    const BuiltColumn micros = read_column(*reader, 0);
    const BuiltColumn nanos = read_column(*reader, 1);
    for (std::size_t i = 0; i < std::size(times); ++i) {
        EXPECT_LT(*nanos.words[i], 1'000u);
        // As words, because the microseconds of the earliest time begin before it.
        EXPECT_EQ(*micros.words[i] * 1'000 + *nanos.words[i], static_cast<std::uint64_t>(times[i]));
    }
}

TEST(ParquetWriter, RowGroupsEndWhereTheOptionsSay) {
    const Table table = all_types(10'000, 700, 3);
    ParquetOptions options;
    options.group_rows_max = 3'000;
    const std::string file = expect_round_trip(table, options);
    const Result<ParquetReader> reader = ParquetReader::open(as_byte_span(file));
    std::vector<std::uint64_t> rows;
    for (const ParquetRowGroup& group : reader->metadata().groups) rows.push_back(group.rows);
    EXPECT_EQ(rows, (std::vector<std::uint64_t>{3'000, 3'000, 3'000, 1'000}));
}

TEST(ParquetWriter, LargeRowGroupsEndBeforeTheirRows) {
    Table table;
    BuiltColumn& column = table.add("s", ParquetType::kString);
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        std::string text;
        for (std::uint64_t j = 0; j < 100; ++j) text += std::to_string(scrambled(i * 100 + j));
        column.texts.push_back(text);
    }
    ParquetOptions options;
    options.group_bytes_max = 200'000;
    const std::string file = expect_round_trip(table, options);
    EXPECT_GT(ParquetReader::open(as_byte_span(file))->metadata().groups.size(), 2u);
}

TEST(ParquetWriter, AColumnThatBeginsLateHasTheNullsInFront) {
    Table table;
    BuiltColumn& column = table.add("late", ParquetType::kInteger);
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        column.words.push_back(i < 70'000 || i >= 90'000 ? std::nullopt : std::optional(i % 9));
    }
    const std::string file = expect_round_trip(table);
    const ParquetMetadata metadata = ParquetReader::open(as_byte_span(file))->metadata();
    EXPECT_EQ(metadata.groups[0].chunks[0].nulls, 80'000u);
}

TEST(ParquetWriter, AColumnWithoutValuesIsOnePage) {
    Table table;
    table.add("none", ParquetType::kInteger).words.assign(100'000, std::nullopt);
    table.add("text", ParquetType::kString).texts.assign(100'000, std::nullopt);
    const std::string file = expect_round_trip(table);
    const ParquetMetadata metadata = ParquetReader::open(as_byte_span(file))->metadata();
    for (const ParquetChunk& chunk : metadata.groups[0].chunks) {
        EXPECT_EQ(chunk.other_pages + chunk.dictionary_pages, 1u);
        EXPECT_EQ(chunk.nulls, 100'000u);
        EXPECT_FALSE(chunk.min);
    }
}

TEST(ParquetWriter, FewValuesGetADictionaryAndManyDoNot) {
    const auto chunks_of = [](std::uint64_t distinct) {
        const Table table = all_types(60'000, distinct, 0);
        const std::string file = build_file(table.columns, table.values);
        return ParquetReader::open(as_byte_span(file))->metadata().groups[0].chunks;
    };
    const std::vector<ParquetChunk> few = chunks_of(100);
    const std::vector<ParquetChunk> many = chunks_of(1'000'000);
    for (const std::size_t column : {0, 1, 2, 4}) {
        EXPECT_EQ(few[column].other_pages, 0u) << column;
        EXPECT_EQ(many[column].dictionary_pages, 0u) << column;
    }
}

// A dictionary that has become full stays for the pages that refer to it.
TEST(ParquetWriter, AFullDictionaryIsFollowedByOtherPages) {
    Table table;
    table.add("f", ParquetType::kFloat);
    table.add("s", ParquetType::kString);
    for (std::uint64_t i = 0; i < 200'000; ++i) {
        const std::uint64_t value = i < 40'000 ? i % 1'000 : i;
        table.values[0].words.push_back(scrambled(value));
        table.values[1].texts.push_back(std::to_string(scrambled(value)));
    }
    const std::string file = expect_round_trip(table);
    const ParquetMetadata metadata = ParquetReader::open(as_byte_span(file))->metadata();
    for (const ParquetChunk& chunk : metadata.groups[0].chunks) {
        EXPECT_GT(chunk.dictionary_pages, 0u);
        EXPECT_GT(chunk.other_pages, 0u);
    }
}

TEST(ParquetWriter, CountersAreDifferences) {
    Table table;
    BuiltColumn& column = table.add("counter", ParquetType::kInteger);
    for (std::uint64_t i = 0; i < 50'000; ++i) column.words.push_back(1'000'000 + i * 17);
    const std::string file = expect_round_trip(table);
    EXPECT_LT(file.size(), 2'000u);
}

TEST(ParquetWriter, TagsAreRepeatedTexts) {
    const std::vector<ParquetColumn> columns = {{"host", ParquetType::kString, false}};
    std::string file;
    ParquetOptions options;
    ParquetWriter writer(columns, options, [&file](ByteSpan bytes) {
        file += as_text(bytes);
        return Result<void>();
    });
    ParquetCells cells;
    for (int host = 0; host < 100; ++host) {
        const std::string name = "host_" + std::to_string(host);
        cells.text = name;
        EXPECT_TRUE(writer.append(1'000, {&cells, 1}).ok());
    }
    cells.text.reset();
    EXPECT_TRUE(writer.append(1'000, {&cells, 1}).ok());
    EXPECT_TRUE(writer.finish().ok());
    EXPECT_LT(file.size(), 2'000u);
    const Result<ParquetReader> reader = ParquetReader::open(as_byte_span(file));
    const BuiltColumn read = read_column(*reader, 0);
    ASSERT_EQ(read.texts.size(), 101'000u);
    EXPECT_EQ(read.texts[0], "host_0");
    EXPECT_EQ(read.texts[99'999], "host_99");
    EXPECT_EQ(read.texts[100'000], std::nullopt);
    EXPECT_EQ(reader->metadata().groups[0].chunks[0].min, "host_0");
    EXPECT_EQ(reader->metadata().groups[0].chunks[0].max, "host_99");
}

TEST(ParquetWriter, StringsThatAreNotUtf8AreMendedAndCounted) {
    const std::vector<ParquetColumn> columns = {{"s", ParquetType::kString, false}};
    std::string file;
    ParquetWriter writer(columns, {}, [&file](ByteSpan bytes) {
        file += as_text(bytes);
        return Result<void>();
    });
    ParquetCells cells;
    cells.text = "a\xFF";
    EXPECT_TRUE(writer.append(3, {&cells, 1}).ok());
    EXPECT_TRUE(writer.finish().ok());
    EXPECT_EQ(writer.texts_mended(), 3u);
    EXPECT_EQ(read_column(*ParquetReader::open(as_byte_span(file)), 0).texts[2], "a\xEF\xBF\xBD");
}

TEST(ParquetWriter, AFailedSinkEndsTheWriting) {
    ParquetWriter writer({{"s", ParquetType::kString, false}}, {}, [](ByteSpan) {
        return Result<void>(Error{ErrorKind::kNoSpace, "full"});
    });
    const Result<void> done = writer.finish();
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().kind, ErrorKind::kNoSpace);
}

TEST(ParquetWriter, NamesItsCreatorAsReadersExpect) {
    Table table = all_types(1, 1, 0);
    ParquetOptions options;
    options.properties = {{"tag host_tag", "host"}};
    const std::string file = build_file(table.columns, table.values, options);
    const ParquetMetadata metadata = ParquetReader::open(as_byte_span(file))->metadata();
    EXPECT_EQ(metadata.creator, "Sluice version 1.0 (build 1.0)");
    EXPECT_EQ(metadata.properties, options.properties);
}

// The worked example of PARQUET_FORMAT.md, byte by byte.
TEST(ParquetWriter, WritesTheExampleOfTheDocument) {
    Table table;
    table.add("time", ParquetType::kTime, true).words = {1'000'000, 2'000'000};
    table.add("v", ParquetType::kBoolean).words = {1, std::nullopt};
    const std::string file = build_file(table.columns, table.values);
    std::ifstream document(SLUICE_PARQUET_FORMAT_MD);
    std::ostringstream text;
    text << document.rdbuf();
    std::string wanted;
    std::istringstream lines(text.str().substr(text.str().find("## Example")));
    for (std::string line; std::getline(lines, line);) {
        // "    0000  50 41 52 31  text"
        if (line.size() < 10 || !line.starts_with("    0")) continue;
        std::istringstream words(line.substr(9, 16 * 3));
        for (std::string word; words >> word && word.size() == 2;) {
            wanted += static_cast<char>(std::stoi(word, nullptr, 16));
        }
    }
    std::ostringstream dump;
    for (std::size_t i = 0; i < file.size(); ++i) {
        char piece[32];
        if (i % 16 == 0) {
            std::snprintf(piece, sizeof piece, "\n    %04zx ", i);
            dump << piece;
        }
        std::snprintf(piece, sizeof piece, " %02x", static_cast<unsigned>(file[i]) & 0xFF);
        dump << piece;
    }
    EXPECT_TRUE(file == wanted) << dump.str();
}

}  // namespace
}  // namespace sluice::lake
