// Several sorted streams as one: held against a model that looks at every row.
#include "storage/rows/row_merger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "rows/row_lists.h"
#include "sim_machine.h"
#include "sluice/base/random.h"

namespace sluice::storage {
namespace {

using test::list_of;
using test::ListRow;
using test::ListRun;
using test::ListSource;

constexpr std::size_t kColumns = 2;

using Sources = std::vector<std::vector<ListRun>>;
using Rows = std::map<std::string, std::vector<ListRow>>;

bool keeps_odd_keys_apart(std::string_view key) {
    return (key.back() - '0') % 2 == 1;
}

// What a merge of all rows of one time gives, said as plainly as possible: `rows` in the order of
// their sequences, and of equal ones the newer behind the older.
std::vector<ListRow> merged(std::vector<ListRow> rows, bool apart) {
    std::stable_sort(rows.begin(), rows.end(),
                     [](const ListRow& a, const ListRow& b) { return a.sequence < b.sequence; });
    std::map<std::uint64_t, ListRow> by_sequence;
    std::set<std::size_t> done;
    for (auto each = rows.rbegin(); each != rows.rend(); ++each) {
        const std::uint64_t sequence = apart ? each->sequence : rows.back().sequence;
        ListRow& row = by_sequence[sequence];
        row.time = each->time;
        row.sequence = sequence;
        row.fields.resize(kColumns);
        for (std::size_t c = 0; c < kColumns; ++c) {
            if (!each->fields[c] || !done.insert(c).second) continue;
            row.fields[c] = each->fields[c];
        }
    }
    std::vector<ListRow> kept;
    for (const auto& [sequence, row] : by_sequence) {
        const bool has_value = std::any_of(row.fields.begin(), row.fields.end(),
                                           [](const auto& field) { return field.has_value(); });
        if (has_value) kept.push_back(row);
    }
    if (kept.empty()) kept.push_back(by_sequence.rbegin()->second);
    return kept;
}

Rows expected_of(const Sources& sources, const RowMerger::KeepsApart& keeps_apart) {
    std::map<std::string, std::map<model::Timestamp, std::vector<ListRow>>> all;
    for (const auto& source : sources) {
        for (const ListRun& run : source) {
            for (const ListRow& row : run.rows) all[run.key][row.time].push_back(row);
        }
    }
    Rows expected;
    for (const auto& [key, times] : all) {
        const bool apart = keeps_apart && keeps_apart(key);
        for (const auto& [time, rows] : times) {
            // A row that is alone is passed on as it is.
            for (ListRow& each : merged(rows, apart)) expected[key].push_back(std::move(each));
        }
    }
    return expected;
}

class RowMergerTest : public testing::Test {
protected:
    RowMerger make(const Sources& sources, RowMerger::KeepsApart keeps_apart = {}) {
        std::vector<std::unique_ptr<RowSource>> made;
        for (const auto& runs : sources) made.push_back(std::make_unique<ListSource>(runs));
        return RowMerger(machine_.reactor(), std::move(made), kColumns, std::move(keeps_apart));
    }

    // All rows that the merger shows. Statistics are taken for their rows, or expanded by chance.
    Rows drain(RowMerger& merger, const Sources& sources, Random& random) {
        Rows rows;
        std::string last_key;
        for (;;) {
            const Result<bool> more = machine_.run(merger.next());
            EXPECT_TRUE(more.ok());
            if (!more.ok() || !*more) return rows;
            const std::string key(merger.key());
            EXPECT_GE(key, last_key);
            last_key = key;
            if (!merger.is_statistics()) {
                runs_.push_back(merger.rows().rows());
                for (ListRow& each : list_of(merger.rows())) rows[key].push_back(std::move(each));
                EXPECT_GE(merger.rows_ahead(), merger.rows().rows());
                continue;
            }
            if (random.chance(0.5)) {
                merger.expand();
                continue;
            }
            ++statistics_;
            for (const auto& source : sources) {
                for (const ListRun& run : source) {
                    if (run.number != merger.statistics().block) continue;
                    rows[key].insert(rows[key].end(), run.rows.begin(), run.rows.end());
                }
            }
        }
    }
    void expect_merged(const Sources& sources, const RowMerger::KeepsApart& keeps_apart = {}) {
        Random random(1);
        RowMerger merger = make(sources, keeps_apart);
        EXPECT_EQ(drain(merger, sources, random), expected_of(sources, keeps_apart));
    }

    io::SimMachine machine_;
    std::vector<std::size_t> runs_;  // rows of each run shown
    std::size_t statistics_ = 0;     // runs that were taken as such
};

// Rows `first`, `first + step`, ... of times of their own.
std::vector<ListRow> rows_at(model::Timestamp first, model::Timestamp step, std::size_t count,
                             std::uint64_t sequence) {
    std::vector<ListRow> rows;
    for (std::size_t i = 0; i < count; ++i) {
        const model::Timestamp time = first + step * static_cast<model::Timestamp>(i);
        rows.push_back({time, sequence, {static_cast<std::uint64_t>(time), std::nullopt}});
    }
    return rows;
}

TEST_F(RowMergerTest, OfNothingEndsAtOnce) {
    for (const Sources& sources : {Sources{}, Sources{{}}, Sources{{}, {}}}) {
        RowMerger merger = make(sources);
        const Result<bool> more = machine_.run(merger.next());
        ASSERT_TRUE(more.ok());
        EXPECT_FALSE(*more);
        EXPECT_FALSE(*machine_.run(merger.next())) << "and stays at the end";
    }
}

TEST_F(RowMergerTest, OfOneSourcePassesItsRunsOnAsTheyLie) {
    for (const std::size_t count : {1, 31, 32, 33, 4095, 4096, 4097}) {
        runs_.clear();
        expect_merged({{{"a0", rows_at(0, 1, count, 1)}}});
        EXPECT_EQ(runs_, std::vector<std::size_t>{count});
    }
}

TEST_F(RowMergerTest, SeriesComeInTheOrderOfTheirKeys) {
    expect_merged(
        {{{"a0", rows_at(0, 1, 3, 1)}, {"c0", rows_at(0, 1, 3, 1)}},
         {{"b0", rows_at(0, 1, 3, 2)}, {"c0", rows_at(3, 1, 3, 2)}, {"d0", rows_at(0, 1, 1, 2)}}});
}

// Around the least number of rows that are passed on without a copy.
TEST_F(RowMergerTest, RowsOfTwoSourcesInterleave) {
    for (const std::size_t count : {1, 2, 31, 32, 33, 64, 65}) {
        for (const model::Timestamp shift : {0, 1, 5, 31, 32, 33, 64, 1000}) {
            expect_merged(
                {{{"a0", rows_at(0, 2, count, 1)}}, {{"a0", rows_at(shift, 2, count, 2)}}});
            expect_merged(
                {{{"a0", rows_at(0, 2, count, 2)}}, {{"a0", rows_at(shift, 2, count, 1)}}});
        }
    }
}

TEST_F(RowMergerTest, CopiedRowsEndAtABlocksWorth) {
    // Alternating rows, which are all copied.
    expect_merged({{{"a0", rows_at(0, 2, 4097, 1)}}, {{"a0", rows_at(1, 2, 4097, 2)}}});
    ASSERT_GE(runs_.size(), 2u);
    EXPECT_EQ(runs_.front(), 4096u);
}

// A source whose next run is not loaded: nothing behind the end of its last one is shown before.
TEST_F(RowMergerTest, WaitsForTheNextRunOfEverySource) {
    Sources sources(3);
    for (std::size_t s = 0; s < 3; ++s) {
        for (model::Timestamp run = 0; run < 20; ++run) {
            const auto shift = static_cast<model::Timestamp>(7 * s);
            sources[s].push_back({"a0", rows_at(run * 100 + shift, 3, 30, s + 1)});
        }
    }
    expect_merged(sources);
}

TEST_F(RowMergerTest, ShowsStatisticsOnlyWhereNoOtherSourceHasRows) {
    struct Case {
        model::Timestamp begin;  // of ten rows beside statistics of the times 100 to 190
        bool expands;
    };
    for (const Case& each : {Case{0, false},
                             {9, false},
                             {10, true},
                             {150, true},
                             {190, true},
                             {191, false},
                             {300, false}}) {
        const Sources sources = {{{"a0", rows_at(100, 10, 10, 1), true, 1}},
                                 {{"a0", rows_at(each.begin, 10, 10, 2)}}};
        RowMerger merger = make(sources);
        bool statistics = false;
        while (*machine_.run(merger.next())) statistics |= merger.is_statistics();
        EXPECT_EQ(statistics, !each.expands) << each.begin;
    }
}

TEST_F(RowMergerTest, TwoStatisticsThatTouchAreBothLookedInto) {
    const Sources apart = {{{"a0", rows_at(0, 1, 10, 1), true, 1}},
                           {{"a0", rows_at(10, 1, 10, 2), true, 2}}};
    RowMerger both = make(apart);
    std::size_t shown = 0;
    while (*machine_.run(both.next())) shown += both.is_statistics() ? 1 : 0;
    EXPECT_EQ(shown, 2u);
    const Sources touching = {{{"a0", rows_at(0, 1, 11, 1), true, 1}},
                              {{"a0", rows_at(10, 1, 10, 2), true, 2}}};
    RowMerger none = make(touching);
    while (*machine_.run(none.next())) EXPECT_FALSE(none.is_statistics());
}

TEST_F(RowMergerTest, ExpandedStatisticsAreRows) {
    const Sources sources = {{{"a0", rows_at(0, 1, 50, 1), true, 1}}};
    RowMerger merger = make(sources);
    ASSERT_TRUE(*machine_.run(merger.next()));
    ASSERT_TRUE(merger.is_statistics());
    EXPECT_EQ(merger.statistics().rows, 50u);
    merger.expand();
    ASSERT_TRUE(*machine_.run(merger.next()));
    ASSERT_FALSE(merger.is_statistics());
    EXPECT_EQ(list_of(merger.rows()), sources[0][0].rows);
    EXPECT_FALSE(*machine_.run(merger.next()));
}

TEST_F(RowMergerTest, AnErrorOfASourceIsTheMergersError) {
    for (const std::size_t fails_at : {0, 1}) {
        std::vector<std::unique_ptr<RowSource>> made;
        made.push_back(std::make_unique<ListSource>(
            std::vector<ListRun>{{"a0", rows_at(0, 1, 3, 1)}, {"b0", rows_at(0, 1, 3, 1)}}));
        made.push_back(std::make_unique<ListSource>(
            std::vector<ListRun>{{"a0", rows_at(9, 1, 3, 1)}, {"b0", rows_at(9, 1, 3, 1)}},
            fails_at));
        RowMerger merger(machine_.reactor(), std::move(made), kColumns);
        Result<bool> more = machine_.run(merger.next());
        while (more.ok() && *more) more = machine_.run(merger.next());
        ASSERT_FALSE(more.ok()) << fails_at;
        EXPECT_EQ(more.error().kind, ErrorKind::kIo);
    }
}

TEST_F(RowMergerTest, CountsTheMemoryOfItsSources) {
    const std::size_t one = make({{}}).memory_bytes();
    EXPECT_EQ(make({{}, {}}).memory_bytes(), one + 1000);
}

// Runs of random lengths, shared times, repeated times within a source, and statistics.
Sources random_sources(Random& random) {
    Sources sources(1 + random.below(4));
    std::uint64_t number = 0;
    for (std::size_t s = 0; s < sources.size(); ++s) {
        const std::uint64_t series = random.below(4);
        for (std::uint64_t i = 0; i < series; ++i) {
            std::string key = "k" + std::to_string(i + random.below(3) * 10 + 10 * i);
            if (!sources[s].empty() && key <= sources[s].back().key) continue;
            model::Timestamp time = random.between(0, 50);
            for (std::uint64_t runs = 1 + random.below(3); runs > 0; --runs) {
                ListRun run;
                run.key = key;
                run.number = ++number;
                run.as_statistics = random.chance(0.3);
                const std::uint64_t rows = 1 + random.below(random.chance(0.3) ? 100 : 6);
                for (std::uint64_t r = 0; r < rows; ++r) {
                    // Sources are apart in sequences, so that the order of writing is known.
                    ListRow row;
                    row.sequence = s * 10 + random.below(3);
                    row.fields.resize(kColumns);
                    for (auto& field : row.fields) {
                        if (random.chance(0.7)) field = random.below(1000);
                    }
                    const bool repeats =
                        !run.as_statistics && !run.rows.empty() && random.chance(0.2);
                    if (!repeats) time += random.between(1, 4);
                    if (repeats) row.sequence = std::max(row.sequence, run.rows.back().sequence);
                    row.time = time;
                    run.rows.push_back(std::move(row));
                }
                ++time;
                sources[s].push_back(std::move(run));
            }
        }
    }
    return sources;
}

TEST_F(RowMergerTest, GivesWhatLookingAtEveryRowGives) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        Random random(seed);
        const Sources sources = random_sources(random);
        RowMerger::KeepsApart keeps_apart;
        if (seed % 2 == 1) keeps_apart = keeps_odd_keys_apart;
        RowMerger merger = make(sources, keeps_apart);
        ASSERT_EQ(drain(merger, sources, random), expected_of(sources, keeps_apart))
            << "seed " << seed;
    }
    EXPECT_GT(statistics_, 100u);
}

}  // namespace
}  // namespace sluice::storage
