// A segment's rows as a stream, held against the rows that it was made of: whatever is wanted of
// times, series and columns, and whatever deletes have taken.
#include "storage/segment/segment_source.h"

#include <gtest/gtest.h>

#include "segment/segment_fixture.h"

namespace sluice::storage {
namespace {

using test::Cell;
using test::MemoryAccess;
using test::Model;
using test::Series;
using test::Table;

constexpr model::ShardGroupId kGroup = 77;
constexpr std::uint64_t kSequence = 50;
const std::vector<SegmentColumn> kColumns = {{"i", model::FieldType::kInteger},
                                             {"s", model::FieldType::kString}};

// One below, at and above what a block holds, and what gets blocks of its own; short ones between.
Model some_model(Random& random, double null_chance) {
    Model segment_model;
    Table& table = segment_model["m"];
    table.columns = kColumns;
    for (const std::size_t rows : {1, 3, 1023, 1024, 1025, 7, 4095, 4096, 4097, 9000, 40, 2}) {
        const std::string number = std::to_string(100 + table.series.size());
        table.series["m,host=" + number] = test::some_series(table, rows, null_chance, random);
    }
    Table& other = segment_model["other"];
    other.columns = kColumns;
    other.series["other"] = test::some_series(other, 5, 0, random);
    return segment_model;
}

struct OpenSegment {
    OpenSegment(const Model& segment_model, bool with_sequences, std::uint64_t seed)
        : access(test::build(segment_model, options(with_sequences), seed).bytes),
          reader(test::finish(SegmentReader::open(access, "test.seg")).value()) {}

    static SegmentWriterOptions options(bool with_sequences) {
        SegmentWriterOptions made;
        made.group = kGroup;
        made.with_sequences = with_sequences;
        made.piece_bytes = 8192;
        return made;
    }
    std::unique_ptr<SegmentSource> source(SegmentSource::Options options) {
        return test::finish(
                   SegmentSource::open(nullptr, reader.get(), kSequence, std::move(options)))
            .value();
    }

    MemoryAccess access;
    std::unique_ptr<SegmentReader> reader;
};

SegmentSource::Options everything() {
    SegmentSource::Options options;
    options.measurement = "m";
    options.columns = {"i", "s"};
    options.range = {model::kTimestampMin, model::kTimestampMax};
    return options;
}

Cell cell_at(const codec::ColumnSlice& column, std::size_t row) {
    if (column.absent()) return {};
    const std::size_t bit = column.validity_begin + row;
    if (!column.validity.empty() && (column.validity[bit / 64] >> (bit % 64) & 1) == 0) return {};
    if (column.type == model::FieldType::kString) return std::string(column.texts[row]);
    return column.words[row];
}

// What a source showed. Rows that came as statistics are counted, and not among `series`.
struct Shown {
    std::map<std::string, Series> series;
    std::vector<std::string> order;  // of keys, each once
    std::uint64_t statistics_rows = 0;
    std::uint64_t statistics_sum = 0;  // of column 0
};

void add_rows(const SegmentSource& source, std::size_t count, Shown& shown) {
    const RowSlice& slice = source.slice();
    Series& series = shown.series[std::string(source.key())];
    for (std::size_t row = 0; row < count; ++row) {
        EXPECT_TRUE(series.empty() || series.rbegin()->first < slice.times[row]);
        test::Row& to = series[slice.times[row]];
        to.sequence = slice.sequence_of(row);
        for (const codec::ColumnSlice& column : slice.columns) {
            to.cells.push_back(cell_at(column, row));
        }
    }
}

// Reads to the end, some rows at a time. Statistics are taken or turned into rows as they come.
Shown read(SegmentSource* source, Random& random) {
    Shown shown;
    while (source != nullptr && source->state() != RowSource::State::kEnd) {
        if (source->state() == RowSource::State::kLoad) {
            EXPECT_TRUE(test::finish(source->load()).ok());
            continue;
        }
        const std::string key(source->key());
        if (shown.order.empty() || shown.order.back() != key) shown.order.push_back(key);
        if (source->state() == RowSource::State::kRows) {
            const std::size_t rows = source->slice().rows();
            EXPECT_GE(source->rows_ahead(), rows);
            const std::size_t count = random.chance(0.3) ? 1 + random.below(rows) : rows;
            add_rows(*source, count, shown);
            source->consume(count);
        } else if (random.chance(0.5)) {
            EXPECT_TRUE(test::finish(source->load()).ok());
            EXPECT_EQ(source->state(), RowSource::State::kRows);
        } else {
            shown.statistics_rows += source->statistics().rows;
            shown.statistics_sum += source->statistics().columns[0].sum;
            source->consume_statistics();
        }
    }
    return shown;
}

// What of `table` has a key in `keys` (all, if it is null) and a time in `range`.
std::map<std::string, Series> wanted_of(const Table& table, const std::vector<std::string>* keys,
                                        model::TimeRange range) {
    std::map<std::string, Series> wanted;
    for (const auto& [key, series] : table.series) {
        if (keys != nullptr && !std::binary_search(keys->begin(), keys->end(), key)) continue;
        for (const auto& [time, row] : series) {
            if (range.contains(time)) wanted[key][time] = row;
        }
    }
    return wanted;
}

void set_sequences(std::map<std::string, Series>& all, std::uint64_t sequence) {
    for (auto& [key, series] : all) {
        for (auto& [time, row] : series) row.sequence = sequence;
    }
}

TEST(SegmentSource, ShowsEveryRowInTheOrderOfKeysAndTimes) {
    for (const double null_chance : {0.0, 0.2}) {
        Random random(7);
        const Model segment_model = some_model(random, null_chance);
        OpenSegment segment(segment_model, true, 3);
        SegmentSource::Options options = everything();
        options.with_sequences = true;
        const Shown shown = read(segment.source(std::move(options)).get(), random);
        EXPECT_EQ(shown.series, segment_model.at("m").series);
        EXPECT_TRUE(std::is_sorted(shown.order.begin(), shown.order.end()));
        EXPECT_EQ(shown.order.size(), segment_model.at("m").series.size());
    }
}

TEST(SegmentSource, RowsWithoutSequencesHaveThatOfTheSegment) {
    Random random(8);
    const Model segment_model = some_model(random, 0);
    OpenSegment segment(segment_model, false, 1);
    auto expected = segment_model.at("m").series;
    set_sequences(expected, kSequence);
    EXPECT_EQ(read(segment.source(everything()).get(), random).series, expected);
}

TEST(SegmentSource, AColumnThatTheSegmentLacksHasNoValues) {
    Random random(9);
    const Model segment_model = some_model(random, 0);
    OpenSegment segment(segment_model, true, 1);
    SegmentSource::Options options = everything();
    options.columns = {"none", "i"};
    const Shown shown = read(segment.source(std::move(options)).get(), random);
    ASSERT_EQ(shown.series.size(), segment_model.at("m").series.size());
    for (const auto& [key, series] : shown.series) {
        for (const auto& [time, row] : series) {
            EXPECT_EQ(row.cells[0], Cell());
            EXPECT_EQ(row.cells[1], segment_model.at("m").series.at(key).at(time).cells[0]);
        }
    }
}

TEST(SegmentSource, IsNothingWhereNothingIsWanted) {
    Random random(10);
    OpenSegment segment(some_model(random, 0), true, 1);
    SegmentSource::Options options = everything();
    options.measurement = "absent";
    EXPECT_EQ(segment.source(options), nullptr);
    options = everything();
    options.range = {0, 1'000};
    EXPECT_EQ(segment.source(options), nullptr);
    const std::vector<std::string> keys = {"a", "m,host=1000", "z"};
    options = everything();
    options.keys = &keys;
    EXPECT_EQ(segment.source(options), nullptr);
}

TEST(SegmentSource, ShowsTheTimesAndSeriesThatAreWanted) {
    Random random(11);
    const Model segment_model = some_model(random, 0.1);
    const Table& table = segment_model.at("m");
    OpenSegment segment(segment_model, true, 5);
    const Series& longest = table.series.at("m,host=109");
    std::vector<model::Timestamp> times;
    for (const auto& [time, row] : longest) times.push_back(time);
    for (int round = 0; round < 150; ++round) {
        std::vector<std::string> keys;
        for (const auto& [key, series] : table.series) {
            if (random.chance(0.3)) keys.push_back(key);
        }
        SegmentSource::Options options = everything();
        options.with_sequences = true;
        if (round % 3 != 0) options.keys = &keys;
        // At a row, and between two.
        options.range.begin = times[random.below(times.size())] + (random.chance(0.5) ? 1 : 0);
        options.range.end =
            options.range.begin + 1 + static_cast<std::int64_t>(random.below(20'000)) * kSecondNs;
        const auto expected = wanted_of(table, options.keys, options.range);
        const Shown shown = read(segment.source(std::move(options)).get(), random);
        EXPECT_EQ(shown.series, expected) << round;
    }
}

TEST(SegmentSource, StatisticsStandForWholeBlocksOnly) {
    Random random(12);
    const Model segment_model = some_model(random, 0);
    const Table& table = segment_model.at("m");
    OpenSegment segment(segment_model, true, 5);
    std::uint64_t as_statistics = 0;
    for (int round = 0; round < 30; ++round) {
        SegmentSource::Options options = everything();
        options.columns = {"i"};
        options.statistics_allowed = true;
        const model::Timestamp first = table.series.at("m,host=109").begin()->first;
        if (round % 2 != 0) {
            options.range = {first + static_cast<std::int64_t>(random.below(9'000)) * kSecondNs,
                             first + static_cast<std::int64_t>(random.below(90'000)) * kSecondNs};
            if (options.range.empty()) continue;
        }
        std::uint64_t rows = 0;
        std::uint64_t sum = 0;
        for (const auto& [key, series] : wanted_of(table, nullptr, options.range)) {
            for (const auto& [time, row] : series) {
                ++rows;
                sum += std::get<std::uint64_t>(row.cells[0]);
            }
        }
        Shown shown = read(segment.source(std::move(options)).get(), random);
        as_statistics += shown.statistics_rows;
        for (const auto& [key, series] : shown.series) {
            for (const auto& [time, row] : series) {
                ++shown.statistics_rows;
                shown.statistics_sum += std::get<std::uint64_t>(row.cells[0]);
            }
        }
        EXPECT_EQ(shown.statistics_rows, rows);
        EXPECT_EQ(shown.statistics_sum, sum);
    }
    EXPECT_GT(as_statistics, 0u);
}

TEST(SegmentSource, LeavesOutBlocksThatCannotHaveTheRowsWanted) {
    Random random(13);
    const Model segment_model = some_model(random, 0);
    const Table& table = segment_model.at("m");
    for (const bool latest : {false, true}) {
        OpenSegment segment(segment_model, true, 5);
        SegmentSource::Options options = everything();
        options.columns = {"i"};
        options.value_kinds = {model::FieldType::kFloat};  // a kind of number, as integers are
        options.rows_wanted = 2;
        options.latest_wanted = latest;
        const Shown shown = read(segment.source(std::move(options)).get(), random);
        ASSERT_EQ(shown.series.size(), table.series.size());
        std::size_t rows = 0;
        for (const auto& [key, series] : shown.series) {
            const Series& all = table.series.at(key);
            rows += series.size();
            const std::size_t wanted = std::min<std::size_t>(2, all.size());
            for (std::size_t i = 0; i < wanted; ++i) {
                const auto step = static_cast<std::ptrdiff_t>(i);
                const model::Timestamp time = latest ? std::next(all.rbegin(), step)->first
                                                     : std::next(all.begin(), step)->first;
                EXPECT_TRUE(series.contains(time)) << key;
            }
        }
        EXPECT_LT(rows, 20'000u) << "of 24,393";
    }
}

// A delete of a stretch of time of one series, which leaves holes in its runs.
TEST(SegmentSource, RowsThatDeletesCoverAreNotShown) {
    Random random(14);
    const Model segment_model = some_model(random, 0.1);
    const Table& table = segment_model.at("m");
    OpenSegment segment(segment_model, true, 5);
    const model::Timestamp first = table.series.at("m,host=109").begin()->first;
    for (int round = 0; round < 24; ++round) {
        model::Tombstone tombstone;
        tombstone.last_group = kGroup;
        // Rows of later batches stay.
        tombstone.sequence = round % 2 == 0 ? 1'000'000 : 1000 + random.below(30'000);
        tombstone.range.begin = first + static_cast<std::int64_t>(random.below(80'000)) * kSecondNs;
        tombstone.range.end =
            tombstone.range.begin + 1 + static_cast<std::int64_t>(random.below(30'000)) * kSecondNs;
        auto map = std::make_shared<model::TombstoneMap>();
        map->groups[kGroup] = std::make_shared<const model::TombstoneList>(
            1, std::make_shared<const model::Tombstone>(tombstone));
        map->last_sequence = tombstone.sequence;
        DeleteScope scope;
        scope.group = kGroup;
        scope.measurement = "m";
        scope.range = {model::kTimestampMin, model::kTimestampMax};
        scope.sequence_min = segment.reader->meta().sequence_min;
        scope.sequence_max = segment.reader->meta().sequence_max;

        SegmentSource::Options options = everything();
        options.with_sequences = true;
        options.deletes = DeleteFilter(map, scope);
        const Shown shown = read(segment.source(std::move(options)).get(), random);
        std::map<std::string, Series> expected = table.series;
        for (auto& [key, series] : expected) {
            std::erase_if(series, [&](const auto& each) {
                return tombstone.range.contains(each.first) &&
                       each.second.sequence < tombstone.sequence;
            });
        }
        std::erase_if(expected, [](const auto& each) { return each.second.empty(); });
        EXPECT_EQ(shown.series, expected) << round;
    }
}

}  // namespace
}  // namespace sluice::storage
