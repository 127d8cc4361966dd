// What the fast path expects of the lines of a measurement.
#include "ingest/field_shape.h"

#include <gtest/gtest.h>

namespace sluice::ingest {
namespace {

// `text` is `name=value`: a shape looks at the sign behind the name, as it stands in a line.
FieldText field_of(std::string_view text) {
    const std::size_t sign = text.find('=');
    return {text.substr(0, sign), text.substr(sign + 1)};
}

std::vector<FieldText> fields(std::initializer_list<std::string_view> texts) {
    std::vector<FieldText> list;
    for (const std::string_view text : texts) list.push_back(field_of(text));
    return list;
}

// The names that follow each other, as a line without surprises is read.
std::string expected(const FieldShape& shape, std::size_t count) {
    std::string text;
    std::uint32_t at = shape.first;
    for (std::size_t i = 0; i < count; ++i, at = shape.fields[at].next) {
        text += std::string(shape.fields[at].name()) + " ";
    }
    return text;
}

std::uint32_t find(const FieldShape& shape, std::string_view text, std::uint32_t previous) {
    return shape.find(text.data(), text.data() + text.size(), previous);
}

TEST(FieldShape, ExpectsTheOrderOfTheLastLine) {
    FieldShape shape(1, "m");
    shape.learn(fields({"a=1", "b=1", "c=1"}));
    EXPECT_EQ(expected(shape, 3), "a b c ");
    shape.learn(fields({"c=1", "a=1"}));
    EXPECT_EQ(expected(shape, 2), "c a ");
    EXPECT_EQ(shape.fields.size(), 3u);
}

TEST(FieldShape, LeavesOutNamesThatNeedCare) {
    FieldShape shape(1, "m");
    shape.learn(fields({"time=1", "a\\,b=1", "=1", "ok=1"}));
    ASSERT_EQ(shape.fields.size(), 1u);
    EXPECT_EQ(shape.fields[0].name(), "ok");
}

// Few are found by looking at all of them, more by their hash.
TEST(FieldShape, FindsEachOfFewAndOfMany) {
    for (const std::uint32_t count : {1u, 2u, 7u, 8u, 9u, 10u, 100u}) {
        FieldShape shape(1, "m");
        std::vector<std::string> names;
        for (std::uint32_t i = 0; i < count; ++i)
            names.push_back("field" + std::to_string(i) + "=12");
        std::vector<FieldText> line;
        for (const std::string& name : names) line.push_back(field_of(name));
        shape.learn(line);
        ASSERT_EQ(shape.fields.size(), count);
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_EQ(find(shape, names[i], FieldShape::kNone), i) << count;
            EXPECT_EQ(find(shape, names[i], count - 1), i) << count;
        }
        EXPECT_EQ(find(shape, "field=12", FieldShape::kNone), FieldShape::kNone);
        EXPECT_EQ(find(shape, "field0", FieldShape::kNone), FieldShape::kNone) << "no value";
    }
}

PointText line_of(std::string_view measurement, std::string_view field) {
    PointText point;
    point.measurement = measurement;
    point.fields.push_back(field_of(field));
    return point;
}

TEST(FieldShapes, KeepsThoseOfThousandsOfMeasurements) {
    FieldShapes shapes;
    constexpr model::MeasurementId kMeasurements = 10'000;
    std::vector<std::string> names;
    for (model::MeasurementId i = 0; i < kMeasurements; ++i)
        names.push_back("m" + std::to_string(i));
    // Numbers of another head are others.
    for (const model::MeasurementId shift : {0u, 77u}) {
        for (model::MeasurementId i = 0; i < kMeasurements; ++i) {
            shapes.learn((i + shift) % kMeasurements, line_of(names[i], "v=1"), true);
        }
        for (model::MeasurementId i = 0; i < kMeasurements; ++i) {
            const FieldShape* shape = shapes.find((i + shift) % kMeasurements);
            ASSERT_NE(shape, nullptr) << i;
            EXPECT_TRUE(shape->owns(names[i]));
        }
    }
}

TEST(FieldShapes, ForgetsWhatMeetsInASlotOfTheLargestTable) {
    FieldShapes shapes;
    constexpr model::MeasurementId kFar = 1u << 20;
    shapes.learn(5, line_of("near", "v=1"), true);
    for (int i = 0; i < 20; ++i)
        shapes.learn(5 + kFar * (i % 2), line_of(i % 2 ? "far" : "near", "v=1"), true);
    EXPECT_EQ(shapes.find(5), nullptr);
    ASSERT_NE(shapes.find(5 + kFar), nullptr);
    EXPECT_TRUE(shapes.find(5 + kFar)->owns("far,host=a"));
}

TEST(FieldShapes, DoNotBecomeMoreForNamesThatAreNew) {
    FieldShapes shapes;
    std::vector<std::string> names;
    for (model::MeasurementId i = 0; i < 1'000; ++i) {
        names.push_back("m" + std::to_string(i));
        shapes.learn(i, line_of(names.back(), "v=1"), false);
        ASSERT_NE(shapes.find(i), nullptr);
    }
    EXPECT_EQ(shapes.find(0), nullptr);
    EXPECT_EQ(shapes.find(1'000 - 257), nullptr);
}

// A client that sends wide lines of many measurements does not take memory without end.
TEST(FieldShapes, BeginsAgainBeyondABound) {
    FieldShapes shapes;
    std::vector<std::string> names;
    for (int i = 0; i < 4'000; ++i) names.push_back("f" + std::to_string(i) + "=1");
    PointText wide;
    for (const std::string& name : names) wide.fields.push_back(field_of(name));
    unsigned kept = 0;
    for (model::MeasurementId i = 0; i < 200; ++i) {
        const std::string measurement = "m" + std::to_string(i);
        wide.measurement = measurement;
        shapes.learn(i, wide, true);
        ASSERT_NE(shapes.find(i), nullptr);
    }
    std::size_t fields_kept = 0;
    for (model::MeasurementId i = 0; i < 200; ++i) {
        if (shapes.find(i) == nullptr) continue;
        ++kept;
        fields_kept += shapes.find(i)->fields.size();
    }
    EXPECT_GT(kept, 0u);
    EXPECT_LE(fields_kept, 600'000u);
}

}  // namespace
}  // namespace sluice::ingest
