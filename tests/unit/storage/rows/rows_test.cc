// Slices and buffers of rows.
#include "storage/rows/rows.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <sstream>

#include "case_file.h"
#include "rows/row_lists.h"
#include "sluice/base/random.h"

namespace sluice::storage {
namespace {

using test::list_of;
using test::ListColumns;
using test::ListRow;

constexpr model::Timestamp kTime = 1000;

ListRow parse_row(const std::string& text) {
    ListRow row;
    row.time = kTime;
    const std::size_t colon = text.find(':');
    row.sequence = std::stoull(text.substr(0, colon));
    std::istringstream fields(text.substr(colon + 1));
    for (std::string field; std::getline(fields, field, ',');) {
        row.fields.push_back(field == "-" ? std::nullopt : std::optional(std::stoull(field)));
    }
    return row;
}

std::string text_of(const std::vector<ListRow>& rows) {
    std::string text;
    for (const ListRow& each : rows) {
        if (!text.empty()) text += '\n';
        text += std::to_string(each.sequence) + ":";
        for (std::size_t c = 0; c < each.fields.size(); ++c) {
            text += c == 0 ? "" : ",";
            text += each.fields[c] ? std::to_string(*each.fields[c]) : "-";
        }
    }
    return text;
}

std::vector<ListRow> content(const RowBuffer& buffer) {
    RowSlice slice;
    buffer.view(slice);
    return list_of(slice);
}

// Each of `rows`, as a slice of its own, is a candidate.
void append_merged(RowBuffer& buffer, const std::vector<ListRow>& rows, EqualTimes treatment) {
    std::deque<ListColumns> columns;
    std::vector<RowBuffer::Candidate> candidates;
    for (const ListRow& each : rows) {
        columns.emplace_back(std::vector<ListRow>{each});
        candidates.push_back({&columns.back().slice(), 0});
    }
    buffer.append_merged(candidates, treatment);
}

TEST(RowBuffer, MakesRowsOfOneTimeOneOrKeepsThemApart) {
    sluice::test::run_cases("unit/storage/rows/equal_times.txt", [](const std::string& input) {
        std::istringstream words(input);
        std::string treatment;
        words >> treatment;
        std::vector<ListRow> rows;
        for (std::string word; words >> word;) rows.push_back(parse_row(word));
        RowBuffer buffer;
        buffer.reset(rows.front().fields.size());
        append_merged(buffer, rows,
                      treatment == "apart" ? EqualTimes::kKeepApart : EqualTimes::kMerge);
        return text_of(content(buffer));
    });
}

// Sequence s writes field s alone, so each of them would stay.
std::vector<ListRow> rows_of_fields_of_their_own(std::size_t count) {
    std::vector<ListRow> rows(count);
    for (std::size_t i = 0; i < count; ++i) {
        rows[i].time = kTime;
        rows[i].sequence = i + 1;
        rows[i].fields.resize(count);
        rows[i].fields[i] = 100 + i;
    }
    return rows;
}

TEST(RowBuffer, KeepsNoMoreRowsApartThanABlockHolds) {
    for (const std::size_t count :
         {kRowsApartMax - 1, kRowsApartMax, kRowsApartMax + 1, 2 * kRowsApartMax}) {
        RowBuffer buffer;
        buffer.reset(count);
        append_merged(buffer, rows_of_fields_of_their_own(count), EqualTimes::kKeepApart);
        const std::vector<ListRow> rows = content(buffer);
        ASSERT_EQ(rows.size(), std::min(count, kRowsApartMax)) << count;
        // The oldest of them are one row, with the highest of their sequences.
        const std::size_t oldest = count - rows.size() + 1;
        EXPECT_EQ(rows.front().sequence, oldest);
        for (std::size_t c = 0; c < count; ++c) {
            EXPECT_EQ(rows.front().fields[c].has_value(), c < oldest) << count << " " << c;
        }
        EXPECT_EQ(rows.back().sequence, count);
        // Together they have every field once.
        std::size_t values = 0;
        for (const ListRow& each : rows) {
            for (const auto& field : each.fields) values += field ? 1 : 0;
        }
        EXPECT_EQ(values, count);
    }
}

// A string, by the rows of its column that are not in the slice.
TEST(RowSlice, AColumnWithoutAValueIsAbsentAndHasNoType) {
    const std::array<model::Timestamp, 3> times = {1, 2, 3};
    const std::array<std::string_view, 3> texts = {"x", "", ""};
    const std::array<std::uint64_t, 1> first_only = {1};
    RowSlice whole;
    whole.times = times;
    whole.columns.resize(1);
    whole.columns[0].type = model::FieldType::kString;
    whole.columns[0].texts = texts;
    whole.columns[0].validity = first_only;
    RowSlice part;
    part.assign(whole, 0, 2);
    EXPECT_FALSE(part.columns[0].absent());
    part.assign(whole, 1, 2);
    EXPECT_TRUE(part.columns[0].absent());

    // So it may stand before and behind rows whose values have a type.
    const ListColumns numbers({{4, 1, {7}}});
    RowBuffer buffer;
    buffer.reset(1);
    buffer.append(whole, 1, 1);
    buffer.append(numbers.slice(), 0, 1);
    buffer.append(whole, 2, 1);
    const std::vector<ListRow> rows = content(buffer);
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_FALSE(rows[0].fields[0]);
    EXPECT_EQ(rows[1].fields[0], 7u);
    EXPECT_FALSE(rows[2].fields[0]);
}

TEST(RowBuffer, SaysWhetherTimesRepeat) {
    const auto repeats = [](std::vector<ListRow> rows, EqualTimes treatment) {
        RowBuffer buffer;
        buffer.reset(2);
        append_merged(buffer, rows, treatment);
        RowSlice slice;
        buffer.view(slice);
        return slice.times_repeat;
    };
    const std::vector<ListRow> two = {parse_row("5:1,-"), parse_row("7:-,2")};
    EXPECT_TRUE(repeats(two, EqualTimes::kKeepApart));
    EXPECT_FALSE(repeats(two, EqualTimes::kMerge));
    EXPECT_FALSE(repeats({parse_row("5:1,-"), parse_row("7:3,2")}, EqualTimes::kKeepApart));
}

// `count` rows of three columns: of all rows, of some, and of none until row `late`.
std::vector<ListRow> varied_rows(std::size_t count, std::size_t late, Random& random) {
    std::vector<ListRow> rows(count);
    for (std::size_t i = 0; i < count; ++i) {
        rows[i].time = static_cast<model::Timestamp>(i * 10);
        rows[i].sequence = i % 7;
        rows[i].fields = {i, std::nullopt, std::nullopt};
        if (random.chance(0.5)) rows[i].fields[1] = random.below(1000);
        if (i >= late) rows[i].fields[2] = i;
    }
    return rows;
}

constexpr std::array<std::size_t, 9> kSizes = {0, 1, 2, 63, 64, 65, 127, 128, 129};

TEST(RowBuffer, HasWhatWasAppendedInPiecesOfAnySize) {
    Random random(5);
    for (const std::size_t count : kSizes) {
        for (const std::size_t late : {std::size_t{0}, count / 2, count}) {
            const std::vector<ListRow> rows = varied_rows(count, late, random);
            const ListColumns columns(rows);
            for (const std::size_t step :
                 {std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65}}) {
                RowBuffer buffer;
                buffer.reset(3);
                for (std::size_t begin = 0; begin < count; begin += step) {
                    buffer.append(columns.slice(), begin, std::min(step, count - begin));
                }
                ASSERT_EQ(buffer.rows(), count);
                ASSERT_EQ(content(buffer), rows) << count << " in steps of " << step;
            }
        }
    }
}

TEST(RowBuffer, IsEmptyAfterAResetWithMoreOrFewerColumns) {
    Random random(6);
    const std::vector<ListRow> wide = varied_rows(70, 0, random);
    const ListColumns wide_columns(wide);
    RowBuffer buffer;
    buffer.reset(3);
    buffer.append(wide_columns.slice(), 0, 70);
    const std::vector<ListRow> narrow = {parse_row("1:5"), parse_row("2:-")};
    const ListColumns narrow_columns(narrow);
    buffer.reset(1);
    EXPECT_EQ(buffer.rows(), 0u);
    buffer.append(narrow_columns.slice(), 0, 2);
    EXPECT_EQ(content(buffer), narrow);
    // What the wider rows left behind does not come back.
    const std::vector<ListRow> again = {{kTime, 1, {1, std::nullopt, std::nullopt}}};
    const ListColumns again_columns(again);
    buffer.reset(3);
    buffer.append(again_columns.slice(), 0, 1);
    EXPECT_EQ(content(buffer), again);
}

TEST(RowSlice, OfASliceRefersToTheSameRows) {
    Random random(7);
    for (const std::size_t count : kSizes) {
        if (count == 0) continue;
        const std::vector<ListRow> rows = varied_rows(count, count / 2, random);
        const ListColumns columns(rows);
        for (const std::size_t begin : {std::size_t{0}, std::size_t{1}, count / 2, count - 1}) {
            if (begin >= count) continue;
            RowSlice part;
            part.assign(columns.slice(), begin, count - begin);
            RowSlice inner;  // a part of a part: offsets add up
            inner.assign(part, part.rows() / 2, part.rows() - part.rows() / 2);
            const auto from = static_cast<std::ptrdiff_t>(begin + part.rows() / 2);
            ASSERT_EQ(list_of(inner), std::vector<ListRow>(rows.begin() + from, rows.end()));
        }
    }
}

TEST(RowSlice, WithOneSequenceForAllKeepsItInEveryPart) {
    const std::vector<ListRow> rows = {parse_row("1:5"), parse_row("1:6"), parse_row("1:7")};
    const ListColumns columns(rows);
    RowSlice whole;
    whole.assign(columns.slice(), 0, 3);
    whole.sequences = {};
    whole.sequence = 9;
    RowSlice part;
    part.assign(whole, 1, 2);
    EXPECT_EQ(part.sequence_of(0), 9u);
    EXPECT_EQ(part.sequence_of(1), 9u);
    RowBuffer buffer;
    buffer.reset(1);
    buffer.append(part, 0, 2);
    EXPECT_EQ(text_of(content(buffer)), "9:6\n9:7");
}

// Text and booleans, whose columns begin as nulls and get their type with the first value.
TEST(RowBuffer, GivesAColumnTheTypeOfItsFirstValue) {
    const std::vector<model::Timestamp> times = {1, 2, 3};
    const std::vector<std::string_view> texts = {"a", "rubbish", "c"};
    const std::vector<std::uint8_t> flags = {1, 0, 1};
    const std::vector<std::uint64_t> validity = {0b101};
    RowSlice slice;
    slice.times = times;
    slice.sequence = 4;
    slice.columns.resize(2);
    slice.columns[0].type = model::FieldType::kString;
    slice.columns[0].texts = texts;
    slice.columns[0].validity = validity;
    slice.columns[1].type = model::FieldType::kBoolean;
    slice.columns[1].flags = flags;
    RowSlice nothing = slice;
    for (codec::ColumnSlice& each : nothing.columns) each = {};

    RowBuffer buffer;
    buffer.reset(2);
    buffer.append(nothing, 0, 2);
    buffer.append(slice, 0, 3);
    buffer.append(nothing, 0, 1);
    RowSlice view;
    buffer.view(view);
    ASSERT_EQ(view.rows(), 6u);
    EXPECT_EQ(view.columns[0].type, model::FieldType::kString);
    EXPECT_EQ(view.columns[1].type, model::FieldType::kBoolean);
    const std::vector<bool> has_text = {false, false, true, false, true, false};
    const std::vector<bool> has_flag = {false, false, true, true, true, false};
    for (std::size_t r = 0; r < 6; ++r) {
        EXPECT_EQ(view.columns[0].is_valid(r), has_text[r]) << r;
        EXPECT_EQ(view.columns[1].is_valid(r), has_flag[r]) << r;
    }
    EXPECT_EQ(view.columns[0].texts[2], "a");
    EXPECT_EQ(view.columns[0].texts[4], "c");
    EXPECT_EQ(view.columns[1].flags[3], 0);
    EXPECT_EQ(view.columns[1].flags[4], 1);
}

TEST(RowBuffer, AColumnWithoutAnyValueHasNoType) {
    const std::vector<ListRow> rows = {parse_row("1:-"), parse_row("2:-")};
    const ListColumns columns(rows);
    RowBuffer buffer;
    buffer.reset(1);
    buffer.append(columns.slice(), 0, 2);
    RowSlice view;
    buffer.view(view);
    EXPECT_TRUE(view.columns[0].absent());
    EXPECT_EQ(view.rows(), 2u);
}

}  // namespace
}  // namespace sluice::storage
