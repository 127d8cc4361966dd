// Rows of a piece, appended and taken out again.
#include "query/aggregate/piece_columns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::query {
namespace {

using model::FieldType;

// Rows of three fields at times from `first` on; those whose number is odd have no value.
class Rows {
public:
    Rows(model::Timestamp first, std::size_t count, bool dense)
        : words_(count), texts_(count), flags_(count), validity_(count / 64 + 1) {
        for (std::size_t row = 0; row < count; ++row) {
            times_.push_back(first + static_cast<model::Timestamp>(row));
            sequences_.push_back(100 + row);
            words_[row] = static_cast<std::uint64_t>(times_.back()) * 10;
            texts_[row] = row % 4 == 0 ? "even" : "other";
            flags_[row] = row % 4 == 0 ? 1 : 0;
            if (row % 2 == 0) validity_[row / 64] |= std::uint64_t{1} << (row % 64);
        }
        run.rows = count;
        run.times = times_;
        run.time_first = times_.front();
        run.time_last = times_.back();
        run.sequences = sequences_;
        run.columns.resize(3);
        run.columns[0] = {FieldType::kInteger, false, words_, {}, {}, nullptr, 0};
        run.columns[1] = {FieldType::kString, false, {}, texts_, {}, nullptr, 0};
        run.columns[2] = {FieldType::kBoolean, false, {}, {}, flags_, nullptr, 0};
        if (dense) return;
        for (storage::ColumnView& each : run.columns) each.validity = validity_.data();
    }
    storage::SeriesRun run;

private:
    std::vector<model::Timestamp> times_;
    std::vector<std::uint64_t> sequences_;
    std::vector<std::uint64_t> words_;
    std::vector<std::string_view> texts_;
    std::vector<std::uint8_t> flags_;
    std::vector<std::uint64_t> validity_;
};

std::string text_of(const PieceColumns& rows) {
    std::string text;
    for (const PieceColumns::Series& series : rows.series) {
        text += series.key + ":";
        for (std::size_t row = series.begin; row < series.end; ++row) {
            text += " " + std::to_string(rows.times[row]);
            for (const PieceColumns::Column& column : rows.columns) {
                if (!column.is_valid(row)) {
                    text += ",-";
                } else if (column.type == FieldType::kString) {
                    text += "," + std::string(column.texts[row]);
                } else if (column.type == FieldType::kBoolean) {
                    text += column.flags[row] != 0 ? ",t" : ",f";
                } else {
                    text += "," + std::to_string(column.words[row]);
                }
            }
        }
        text += "\n";
    }
    return text;
}

PieceColumns columns_of(const std::string& key) {
    PieceColumns rows;
    rows.columns.resize(3);
    rows.series.push_back({key, 0, 0, 0});
    return rows;
}

TEST(PieceColumns, WhatIsForgottenLeavesTheSeriesBefore) {
    PieceColumns rows = columns_of("a");
    rows.append(Rows(1, 2, true).run);
    rows.series.push_back({"b", 0, rows.times.size(), rows.times.size()});
    rows.append(Rows(5, 3, false).run);
    EXPECT_EQ(text_of(rows), "a: 1,10,even,t 2,20,other,f\nb: 5,50,even,t 6,-,-,- 7,70,other,f\n");
    rows.forget_rows();
    EXPECT_EQ(text_of(rows), "a: 1,10,even,t 2,20,other,f\nb:\n");
    rows.append(Rows(9, 1, true).run);
    EXPECT_EQ(text_of(rows), "a: 1,10,even,t 2,20,other,f\nb: 9,90,even,t\n");
}

TEST(PieceColumns, AColumnMayHaveNoValueBeforeOrAfterRowsWereForgotten) {
    Rows without(1, 2, true);
    for (storage::ColumnView& each : without.run.columns) each = {};
    PieceColumns rows = columns_of("a");
    rows.append(without.run);
    rows.forget_rows();
    rows.append(without.run);
    rows.append(Rows(3, 1, true).run);
    EXPECT_EQ(text_of(rows), "a: 1,-,-,- 2,-,-,- 3,30,even,t\n");
    rows.forget_rows();
    rows.append(without.run);
    EXPECT_EQ(text_of(rows), "a: 1,-,-,- 2,-,-,-\n");
}

}  // namespace
}  // namespace sluice::query
