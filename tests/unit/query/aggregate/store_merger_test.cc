#include "query/aggregate/store_merger.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "sluice/base/random.h"

namespace sluice::query {
namespace {

using model::FieldType;

// A row as the test knows it: an integer, a text, a boolean, each of them there or not.
struct Row {
    model::Timestamp time = 0;
    std::uint64_t sequence = 0;
    std::optional<std::uint64_t> word;
    std::optional<std::string> text;
    std::optional<bool> flag;
};
using Merged = std::map<model::Timestamp, Row>;

// Shows rows as a store does, a few at a time.
void append(PieceColumns& to, std::span<const Row> rows) {
    std::vector<model::Timestamp> times;
    std::vector<std::uint64_t> sequences;
    std::vector<std::uint64_t> words;
    std::vector<std::string_view> texts;
    std::vector<std::uint8_t> flags;
    std::uint64_t valid[3] = {};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        times.push_back(rows[i].time);
        sequences.push_back(rows[i].sequence);
        words.push_back(rows[i].word.value_or(7));
        texts.push_back(rows[i].text ? std::string_view(*rows[i].text) : "garbage");
        flags.push_back(rows[i].flag.value_or(true) ? 1 : 0);
        valid[0] |= std::uint64_t{rows[i].word.has_value()} << (i + 3);
        valid[1] |= std::uint64_t{rows[i].text.has_value()} << (i + 3);
        valid[2] |= std::uint64_t{rows[i].flag.has_value()} << (i + 3);
    }
    storage::SeriesRun run;
    run.rows = rows.size();
    run.times = times;
    run.sequences = sequences;
    run.columns.resize(3);
    run.columns[0].type = FieldType::kInteger;
    run.columns[0].words = words;
    run.columns[1].type = FieldType::kString;
    run.columns[1].texts = texts;
    run.columns[2].type = FieldType::kBoolean;
    run.columns[2].flags = flags;
    const std::uint64_t all = ((std::uint64_t{1} << rows.size()) - 1) << 3;
    for (std::size_t i = 0; i < 3; ++i) {
        storage::ColumnView& column = run.columns[i];
        column.all_null = valid[i] == 0;
        if (column.all_null) {
            column = {};
        } else if (valid[i] != all) {
            column.validity = &valid[i];
            column.validity_offset = 3;
        }
    }
    to.append(run);
}

Row draw_row(Random& random, model::Timestamp time, std::uint64_t sequence) {
    Row row{time, sequence, {}, {}, {}};
    if (random.chance(0.8)) row.word = sequence;
    if (random.chance(0.5)) row.text = "text " + std::to_string(sequence);
    if (random.chance(0.1)) row.flag = sequence % 2 == 0;
    return row;
}

void merge(Merged& into, const Row& row) {
    Row& known = into[row.time];
    known.time = row.time;
    if (row.word) known.word = row.word;
    if (row.text) known.text = row.text;
    if (row.flag) known.flag = row.flag;
}

// The next series of the merger is `expected`.
void expect_series(StoreMerger& merger, const Merged& expected) {
    auto at = expected.begin();
    storage::SeriesRun run;
    while (merger.next_run(run)) {
        ASSERT_EQ(run.times.size(), run.rows);
        for (std::size_t row = 0; row < run.rows; ++row, ++at) {
            ASSERT_NE(at, expected.end());
            ASSERT_EQ(run.times[row], at->first);
            ASSERT_EQ(run.columns[0].is_valid(row), at->second.word.has_value());
            ASSERT_EQ(run.columns[1].is_valid(row), at->second.text.has_value());
            ASSERT_EQ(run.columns[2].is_valid(row), at->second.flag.has_value());
            if (at->second.word) {
                ASSERT_EQ(run.columns[0].words[row], *at->second.word);
            }
            if (at->second.text) {
                ASSERT_EQ(run.columns[1].texts[row], *at->second.text);
            }
            if (at->second.flag) {
                ASSERT_EQ(run.columns[2].flags[row] != 0, *at->second.flag);
            }
        }
    }
    EXPECT_EQ(at, expected.end());
}

// Stores that took turns, that overwrote each other and that have nothing in common.
TEST(StoreMerger, MergesWhatStoresHoldAsOneStoreWould) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const std::size_t stores = 1 + random.below(4);
        const std::size_t row_count = random.chance(0.2) ? 10'000 : random.below(200);
        const std::int64_t times =
            random.chance(0.5) ? 1 + static_cast<std::int64_t>(row_count) : 1'000'000'000;
        std::vector<PieceColumns> pieces(stores);
        for (PieceColumns& each : pieces) each.columns.resize(3);
        std::map<std::string, Merged> expected;
        std::uint64_t sequence = 0;
        for (const char* key : {"m,h=a", "m,h=b"}) {
            std::vector<std::vector<Row>> held(stores);
            std::size_t store = 0;
            model::Timestamp time = 0;
            for (std::size_t i = 0; i < row_count; ++i) {
                if (random.chance(0.05)) store = random.below(stores);
                time = random.chance(0.9) ? time + 1 : random.between(0, times);
                held[store].push_back(draw_row(random, time, ++sequence));
                merge(expected[key], held[store].back());
            }
            for (std::size_t i = 0; i < stores; ++i) {
                if (held[i].empty()) continue;
                std::stable_sort(held[i].begin(), held[i].end(),
                                 [](const Row& a, const Row& b) { return a.time < b.time; });
                const std::size_t begin = pieces[i].times.size();
                pieces[i].series.push_back({key, 0, begin, begin});
                for (std::size_t at = 0; at < held[i].size();) {
                    const std::size_t count =
                        std::min<std::size_t>(1 + random.below(50), held[i].size() - at);
                    append(pieces[i], std::span(held[i]).subspan(at, count));
                    at += count;
                }
            }
        }
        StoreMerger merger(std::move(pieces));
        for (const auto& [key, rows] : expected) {
            ASSERT_TRUE(merger.next_series());
            EXPECT_EQ(merger.key(), key);
            expect_series(merger, rows);
        }
        EXPECT_FALSE(merger.next_series());
    }
}

}  // namespace
}  // namespace sluice::query
