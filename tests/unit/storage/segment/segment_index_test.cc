// The directories of a segment, as its writer makes them, and what parse() refuses.
#include "storage/segment/segment_index.h"

#include <gtest/gtest.h>

#include "segment/segment_fixture.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/crc32c.h"

namespace sluice::storage {
namespace {

using test::MemoryAccess;
using test::Model;
using test::Table;

struct Opened {
    explicit Opened(const Model& segment_model)
        : built(test::build(segment_model, options(), 2)),
          access(built.bytes),
          reader(test::finish(SegmentReader::open(access, "test.seg")).value()),
          measurement(reader->find_measurement("m")),
          index(test::finish(reader->load_index(*measurement)).value()) {}

    static SegmentWriterOptions options() {
        SegmentWriterOptions made;
        made.group = 1;
        made.piece_bytes = 8192;
        return made;
    }
    // The bytes of the index, with its checksum.
    std::vector<std::byte> bytes() const {
        const auto begin =
            built.bytes.begin() + static_cast<std::ptrdiff_t>(measurement->index.offset);
        return {begin, begin + static_cast<std::ptrdiff_t>(measurement->index.size)};
    }

    test::BuiltSegment built;
    MemoryAccess access;
    std::unique_ptr<SegmentReader> reader;
    const SegmentMeasurement* measurement;
    std::shared_ptr<const SegmentIndex> index;
};

Model model_of(const std::vector<std::size_t>& rows) {
    Random random(4);
    Model made;
    Table& table = made["m"];
    table.columns = {{"i", model::FieldType::kInteger}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        table.series["m,n=" + std::to_string(10'000 + i)] =
            test::some_series(table, rows[i], 0, random);
    }
    return made;
}

TEST(SegmentIndex, BlocksHaveEveryRowOfEverySeriesOnce) {
    const std::vector<std::size_t> rows = {1, 1, 1023, 5, 1024, 4095, 4096, 4097, 8192, 8193, 2, 1};
    const Opened segment(model_of(rows));
    const SegmentIndex& index = *segment.index;
    ASSERT_EQ(index.series_count(), rows.size());
    std::uint64_t all = 0;
    for (std::uint32_t block = 0; block < index.block_count(); ++block) {
        const SegmentBlockInfo& info = index.block(block);
        all += info.rows;
        EXPECT_LE(info.rows, codec::kBlockRowsMax);
        EXPECT_LE(info.time_min, info.time_max);
        EXPECT_EQ(index.block_continues(block),
                  block != 0 && index.block(block - 1).first_series +
                                        index.block(block - 1).series_count - 1 ==
                                    info.first_series);
    }
    EXPECT_EQ(all, segment.measurement->rows);
    for (std::uint32_t series = 0; series < rows.size(); ++series) {
        const auto [first, end] = index.blocks_of_series(series);
        ASSERT_LT(first, end);
        std::uint64_t room = 0;
        for (std::uint32_t block = 0; block < index.block_count(); ++block) {
            const SegmentBlockInfo& info = index.block(block);
            const bool has =
                series >= info.first_series && series < info.first_series + info.series_count;
            EXPECT_EQ(has, block >= first && block < end) << series;
            if (has) room += info.rows;
        }
        EXPECT_GE(room, rows[series]);
    }
}

TEST(SegmentIndex, ChunksLieInTheirBlockWithoutGaps) {
    const Opened segment(model_of({3, 4096, 5000, 2}));
    SegmentBlockChunks chunks;
    std::uint32_t with_statistics = 0;
    for (std::uint32_t block = 0; block < segment.index->block_count(); ++block) {
        const SegmentBlockInfo& info = segment.index->block(block);
        segment.index->read_chunks(block, chunks);
        std::uint64_t at = info.range.offset;
        for (const FileRange& each :
             {chunks.runs, chunks.times, chunks.sequences, chunks.columns.at(0).range}) {
            EXPECT_EQ(each.offset, at);
            at = each.end();
        }
        EXPECT_EQ(at, info.range.end());
        EXPECT_EQ(chunks.runs.size == 0, info.series_count == 1);
        EXPECT_EQ(chunks.columns[0].has_statistics, info.series_count == 1);
        if (!chunks.columns[0].has_statistics) continue;
        ++with_statistics;
        EXPECT_EQ(chunks.columns[0].statistics.count, info.rows);
    }
    EXPECT_GE(with_statistics, 2u);
}

TEST(SegmentIndex, PagesAreFoundByNumberAndByKey) {
    const std::vector<std::size_t> rows(3 * kSeriesPageSeriesMax + 1, 1);
    const Opened segment(model_of(rows));
    const SegmentIndex& index = *segment.index;
    ASSERT_GE(index.page_count(), 4u);
    for (std::uint32_t page = 0; page < index.page_count(); ++page) {
        const SegmentPageInfo& info = index.page(page);
        const std::uint32_t last = info.first_series + info.series_count - 1;
        EXPECT_EQ(index.page_of_series(info.first_series), page);
        EXPECT_EQ(index.page_of_series(last), page);
        const std::string first_key = "m,n=" + std::to_string(10'000 + info.first_series);
        EXPECT_EQ(index.first_key_of_page(page), first_key);
        EXPECT_EQ(index.page_of_key(first_key), page);
        EXPECT_EQ(index.page_of_key(first_key + "0"), page);
        EXPECT_EQ(index.page_of_key("m,n=" + std::to_string(10'000 + last)), page);
    }
    EXPECT_EQ(index.page_of_key("a"), 0u);
    EXPECT_EQ(index.page_of_key("z"), index.page_count() - 1);
}

TEST(SegmentIndex, OtherBytesAreNoIndex) {
    const Opened segment(model_of({3, 1024, 2000, 2}));
    const std::vector<std::byte> good = segment.bytes();
    ASSERT_TRUE(SegmentIndex::parse(good, *segment.measurement, false).ok());
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(
            SegmentIndex::parse(ByteSpan(good).first(size), *segment.measurement, false).ok());
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::vector<std::byte> bad = good;
        bad[at] ^= std::byte{1};
        EXPECT_FALSE(SegmentIndex::parse(bad, *segment.measurement, false).ok()) << at;
    }
}

// Bytes whose checksum is right may still come from a program with a mistake. Whatever is accepted
// has blocks and pages that a reader need not check again.
TEST(SegmentIndex, WhatIsSealedAndWrongIsRefusedOrWhole) {
    const Opened segment(model_of({3, 1024, 2000, 2}));
    const std::vector<std::byte> good = segment.bytes();
    const std::size_t body = good.size() - sizeof(std::uint32_t);
    Random random(17);
    unsigned refused = 0;
    for (int round = 0; round < 3'000; ++round) {
        std::vector<std::byte> bad(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(body));
        const std::uint64_t changes = 1 + random.below(3);
        for (std::uint64_t i = 0; i < changes; ++i) {
            bad[random.below(body)] = static_cast<std::byte>(random.below(256));
        }
        const std::uint32_t checksum = crc32c(bad);
        for (int i = 0; i < 4; ++i) bad.push_back(static_cast<std::byte>(checksum >> (8 * i)));
        const auto parsed = SegmentIndex::parse(bad, *segment.measurement, false);
        if (!parsed.ok()) {
            ++refused;
            EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt);
            continue;
        }
        std::uint64_t rows = 0;
        SegmentBlockChunks chunks;
        for (std::uint32_t block = 0; block < parsed->block_count(); ++block) {
            const SegmentBlockInfo& info = parsed->block(block);
            rows += info.rows;
            EXPECT_LE(info.first_series + info.series_count, parsed->series_count());
            EXPECT_LE(info.range.end(), segment.measurement->index.offset);
            parsed->read_chunks(block, chunks);
        }
        EXPECT_EQ(rows, segment.measurement->rows);
    }
    EXPECT_GT(refused, 1'000u);
}

}  // namespace
}  // namespace sluice::storage
