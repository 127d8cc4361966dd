#include "engine/names/series_gate.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using model::SeriesId;

// A row of each of the series, one line each.
void add_rows(model::PointBatch& batch, model::MeasurementId measurement,
              const std::vector<SeriesId>& series) {
    model::BatchTable& table = batch.table(measurement, {{0, 1000}, 1});
    for (const SeriesId each : series) {
        table.column("v", model::FieldType::kInteger).set_word(table.rows(), each);
        table.series.push_back(each);
        table.times.push_back(5);
        table.lines.push_back(static_cast<std::uint32_t>(table.lines.size() + 1));
    }
    batch.finish();
}

TEST(SeriesGate, AsksOncePerSeriesOfADatabaseAndHead) {
    SeriesGate gate;
    model::PointBatch batch;
    add_rows(batch, 0, {3, 1, 1, 3, 70});
    EXPECT_EQ(gate.unknown("d", 1, batch), (std::vector<SeriesId>{1, 3, 70}));
    gate.admit("d", 1, 70);
    gate.admit("d", 1, 1);
    EXPECT_EQ(gate.unknown("d", 1, batch), (std::vector<SeriesId>{3}));
    EXPECT_EQ(gate.unknown("e", 1, batch).size(), 3u) << "another database";
    EXPECT_EQ(gate.unknown("d", 2, batch).size(), 3u) << "another head";
    gate.admit("d", 2, 1);
    EXPECT_EQ(gate.unknown("d", 2, batch).size(), 2u);
    gate.forget("d");
    EXPECT_EQ(gate.unknown("d", 2, batch).size(), 3u);
}

// The sentence about the series of a place in the list.
std::string sentence(std::size_t i) {
    return "sentence " + std::to_string(i);
}

TEST(SeriesGate, RemovesTheRowsOfRefusedSeriesAndNamesSome) {
    model::PointBatch batch;
    add_rows(batch, 0, {1, 2, 1, 3});
    std::vector<model::Rejection> rejections;
    EXPECT_EQ(SeriesGate::remove({1}, sentence, batch, rejections), 2u);
    ASSERT_EQ(rejections.size(), 2u);
    EXPECT_EQ(rejections[0].line, 1u);
    EXPECT_EQ(rejections[1].line, 3u);
    EXPECT_EQ(rejections[0].message, "sentence 0");
    EXPECT_EQ(batch.row_count(), 2u);
    EXPECT_EQ(SeriesGate::remove({2, 3}, sentence, batch, rejections), 2u);
    EXPECT_EQ(batch.table_count(), 0u);
    ASSERT_EQ(rejections.size(), 4u);
    EXPECT_EQ(rejections[2].message, "sentence 0");
    EXPECT_EQ(rejections[3].message, "sentence 1");
}

TEST(SeriesGate, NamesAHundredRowsOfAMillion) {
    model::PointBatch batch;
    add_rows(batch, 0, std::vector<SeriesId>(1000, 5));
    std::vector<model::Rejection> rejections;
    EXPECT_EQ(SeriesGate::remove({5}, sentence, batch, rejections), 1000u);
    EXPECT_EQ(rejections.size(), 100u);
}

TEST(SeriesGate, SaysWhatInfluxdbSays) {
    EXPECT_EQ(too_many_series_text(9), "max-series-per-database limit exceeded: (9)");
}

}  // namespace
}  // namespace sluice::engine
