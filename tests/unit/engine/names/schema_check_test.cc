// Types of fields within a shard group. Outcomes were taken from InfluxDB 1.6.7.
#include "engine/names/schema_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>

namespace sluice::engine {
namespace {

using model::FieldType;

// One value by its type: 1.5 float, 2 integer, "x" string, true boolean.
struct Value {
    Value(double v) : type(FieldType::kFloat), word(static_cast<std::uint64_t>(v)) {}
    Value(int v) : type(FieldType::kInteger), word(static_cast<std::uint64_t>(v)) {}
    Value(bool v) : type(FieldType::kBoolean), word(v ? 1 : 0) {}
    Value(const char* v) : type(FieldType::kString), text(v) {}
    FieldType type;
    std::uint64_t word = 0;
    std::string_view text;
};
using Line = std::vector<std::pair<const char*, Value>>;

class SchemaCheckTest : public testing::Test {
protected:
    SchemaCheckTest() {
        change([](meta::CatalogEditor& editor) { return editor.create_database("d", {}); });
    }

    void change(const std::function<Result<void>(meta::CatalogEditor&)>& make) {
        meta::CatalogEditor editor(*catalog_);
        ASSERT_TRUE(make(editor).ok());
        catalog_ = std::move(editor).finish();
    }
    const meta::RetentionPolicy& policy() const {
        return *catalog_->find_database("d")->find_policy("");
    }

    void parse(const char* measurement, std::initializer_list<Line> lines, model::Timestamp t = 5) {
        const model::SeriesId series = index_.add_series(measurement);
        const model::ShardSlot slot =
            model::ShardMap(policy().shard_slots, policy().shard_group_duration_ns, 0).find(t);
        model::BatchTable& table = batch_.table(index_.measurement(series), slot);
        for (const Line& line : lines) {
            const std::uint32_t row = table.rows();
            table.series.push_back(series);
            table.times.push_back(t);
            table.lines.push_back(++line_);
            for (const auto& [name, value] : line) {
                model::BatchColumn& column = table.column(name, value.type);
                if (value.type == FieldType::kString) {
                    column.set_text(row, value.text);
                } else if (value.type == FieldType::kBoolean) {
                    column.set_flag(row, value.word != 0);
                } else {
                    column.set_word(row, value.word);
                }
            }
        }
    }

    // Checks, makes what is missing, checks again and applies; the texts, one a line.
    std::string write() {
        batch_.finish();
        findings_.clear();
        checker_.check(*catalog_, policy(), 1, index_, batch_, findings_);
        asked_ = findings_.missing;
        if (!asked_.empty()) {
            change([this](meta::CatalogEditor& editor) {
                return editor.ensure_names({"d", "autogen", asked_});
            });
            for (std::size_t i = 0; i < batch_.table_count(); ++i) {
                model::BatchTable& table = batch_.table_at(i);
                table.shard.group = policy().group_at(table.times[0])->id;
            }
            findings_.clear();
            checker_.check(*catalog_, policy(), 1, index_, batch_, findings_);
            EXPECT_TRUE(findings_.missing.empty());
        }
        SchemaChecker::apply(findings_, batch_);
        std::string texts;
        for (const model::Rejection& each : findings_.rejections) {
            texts += std::to_string(each.line) + ": " + each.message + "\n";
        }
        rows_ = batch_.row_count();
        batch_.clear();
        line_ = 0;
        return texts;
    }
    std::string fields(const char* measurement, model::Timestamp t = 5) {
        const auto* schema = policy().group_at(t)->measurements.find(measurement);
        std::string text;
        if (schema == nullptr) return text;
        for (const meta::Field& field : schema->fields()) {
            text += field.name + ":" + std::string(model::field_type_name(field.type)) + " ";
        }
        return text;
    }

    std::shared_ptr<const meta::Catalog> catalog_ = std::make_shared<meta::Catalog>();
    model::SeriesIndex index_;
    model::PointBatch batch_;
    SchemaChecker checker_;
    SchemaFindings findings_;
    std::vector<meta::GroupWanted> asked_;
    std::uint32_t line_ = 0;
    std::uint64_t rows_ = 0;
};

TEST_F(SchemaCheckTest, NewNamesAreAskedForOnce) {
    parse("m", {{{"a", 1.5}, {"b", 2}}, {{"a", 2.5}, {"c", "x"}}});
    parse("n", {{{"a", true}}});
    parse("m", {{{"a", 2}}}, kWeekNs + 5);
    EXPECT_EQ(write(), "");
    ASSERT_EQ(asked_.size(), 2u);
    EXPECT_EQ(asked_[0].measurements.size(), 2u);
    EXPECT_EQ(fields("m"), "a:float b:integer c:string ");
    EXPECT_EQ(fields("n"), "a:boolean ");
    EXPECT_EQ(fields("m", kWeekNs + 5), "a:integer ");
    EXPECT_EQ(rows_, 4u);
    parse("m", {{{"a", 1.5}}, {{"c", "y"}}});
    EXPECT_EQ(write(), "");
    EXPECT_TRUE(asked_.empty());
    EXPECT_EQ(rows_, 2u);
}

TEST_F(SchemaCheckTest, AConflictDropsTheWholePoint) {
    parse("m", {{{"v", 1.5}}});
    write();
    parse("m", {{{"v", 1}, {"w", 1.5}}, {{"v", 3.5}}, {{"v", true}}});
    EXPECT_EQ(write(),
              "1: field type conflict: input field \"v\" on measurement \"m\" is type integer, "
              "already exists as type float\n"
              "3: field type conflict: input field \"v\" on measurement \"m\" is type boolean, "
              "already exists as type float\n");
    EXPECT_EQ(rows_, 1u);
    EXPECT_EQ(fields("m"), "v:float ") << "a dropped point defines nothing";
}

TEST_F(SchemaCheckTest, TheFirstTypeOfANewFieldWins) {
    parse("n", {{{"a", 1.5}}, {{"a", 2}}, {{"a", 3.5}}, {{"a", "x"}, {"b", 1.5}}});
    EXPECT_EQ(write(),
              "2: field type conflict: input field \"a\" on measurement \"n\" is type integer, "
              "already exists as type float\n"
              "4: field type conflict: input field \"a\" on measurement \"n\" is type string, "
              "already exists as type float\n");
    EXPECT_EQ(fields("n"), "a:float ");
    EXPECT_EQ(rows_, 2u);
}

TEST_F(SchemaCheckTest, ADroppedPointDoesNotChooseATypeForOthers) {
    parse("n", {{{"a", 1.5}}});
    write();
    parse("n", {{{"c", 1}, {"a", 1}}, {{"c", 1.5}}});
    EXPECT_NE(write(), "");
    EXPECT_EQ(rows_, 1u);
    EXPECT_EQ(fields("n"), "a:float c:float ");
}

TEST_F(SchemaCheckTest, AFieldTwiceInAPointWithTwoTypesIsAConflict) {
    parse("n", {{{"a", 1.5}, {"a", 1}}, {{"a", 1}}});
    EXPECT_NE(write(), "");
    EXPECT_EQ(rows_, 1u);
    EXPECT_EQ(fields("n"), "a:integer ");
}

TEST_F(SchemaCheckTest, TypesMayDifferBetweenShardGroups) {
    parse("m", {{{"v", 1.5}}});
    parse("m", {{{"v", 1}}}, kWeekNs + 5);
    EXPECT_EQ(write(), "");
    parse("m", {{{"v", 1}}});
    parse("m", {{{"v", 1.5}}, {{"v", 1}}}, kWeekNs + 5);
    EXPECT_EQ(write(),
              "1: field type conflict: input field \"v\" on measurement \"m\" is type integer, "
              "already exists as type float\n"
              "2: field type conflict: input field \"v\" on measurement \"m\" is type float, "
              "already exists as type integer\n");
    EXPECT_EQ(rows_, 1u);
}

TEST_F(SchemaCheckTest, TextsNameWhatTheUserWrote) {
    const char* measurement = "m\\ \"q";
    parse(measurement, {{{"\"\\\\f", 1.5}}});
    write();
    parse(measurement, {{{"\"\\\\f", 1}}});
    EXPECT_EQ(write(),
              "1: field type conflict: input field \"\"\\\\f\" on measurement \"m \"q\" is type "
              "integer, already exists as type float\n");
}

TEST_F(SchemaCheckTest, ColumnsOfRefusedLinesDefineNothing) {
    parse("m", {{{"v", 1.5}}, {{"w", 1}}});
    batch_.table_at(0).truncate_to(1);
    EXPECT_EQ(write(), "");
    EXPECT_EQ(fields("m"), "v:float ");
    parse("m", {{{"v", 1.5}}, {{"v", 1}}});
    batch_.table_at(0).truncate_to(1);
    EXPECT_EQ(write(), "");
    EXPECT_EQ(rows_, 1u);
}

TEST_F(SchemaCheckTest, AGroupThatIsGoneAsksForAnotherParse) {
    parse("m", {{{"v", 1.5}}});
    write();
    parse("m", {{{"v", 1.5}}});
    change([](meta::CatalogEditor& editor) {
        editor.drop_database("d");
        return editor.create_database("d", {});
    });
    batch_.finish();
    findings_.clear();
    checker_.check(*catalog_, policy(), 1, index_, batch_, findings_);
    EXPECT_TRUE(findings_.stale);
}

// Lines are taken in their order; one that has only known fields, or fewer new ones, still lands,
// and the names of those that are refused are not in the schema.
TEST_F(SchemaCheckTest, RefusesLinesWhoseNewFieldsAreTooMany) {
    checker_.set_fields_max(3);
    parse("m",
          {{{"a", 1}, {"b", 1}}, {{"a", 2}, {"c", 1}, {"d", 1}}, {{"b", 2}, {"c", 2}}, {{"e", 1}}});
    EXPECT_EQ(write(),
              "2: max-fields-per-measurement limit exceeded (3): measurement=\"m\" dropped\n"
              "4: max-fields-per-measurement limit exceeded (3): measurement=\"m\" dropped\n");
    EXPECT_EQ(rows_, 2u);
    EXPECT_EQ(fields("m"), "a:integer b:integer c:integer ");
    parse("m", {{{"a", 3}, {"b", 3}, {"c", 3}}, {{"f", 1}}});
    EXPECT_EQ(write(),
              "2: max-fields-per-measurement limit exceeded (3): measurement=\"m\" dropped\n");
    EXPECT_EQ(fields("m"), "a:integer b:integer c:integer ");
    // Of another measurement they are counted anew, and a conflict is told as such.
    parse("n", {{{"a", 1}, {"b", 1}, {"c", 1}}, {{"a", 1.5}}, {{"d", 1}}});
    EXPECT_EQ(write(),
              "2: " + type_conflict_text("a", "n", FieldType::kFloat, FieldType::kInteger) +
                  "\n"
                  "3: max-fields-per-measurement limit exceeded (3): measurement=\"n\" dropped\n");
}

TEST_F(SchemaCheckTest, MeasurementsBeyondTheMemoryForNamesAreRefused) {
    const std::uint64_t one = NameBudget::bytes_of("m", 1);
    checker_ = SchemaChecker(2 * one);
    parse("m", {{{"v", 1.5}}});
    parse("n", {{{"v", 1.5}}});
    parse("o", {{{"v", 1.5}}, {{"v", 2.5}}});
    const std::string text = no_room_for_names_text("o");
    EXPECT_EQ(write(), "3: " + text + "\n4: " + text + "\n");
    EXPECT_EQ(rows_, 2u);
    EXPECT_EQ(fields("n"), "v:float ");
    EXPECT_EQ(fields("o"), "");
    // What is there goes on, also in another week.
    parse("m", {{{"v", 3.5}, {"w", 1}}});
    parse("n", {{{"v", 3.5}}}, kWeekNs + 5);
    EXPECT_EQ(write(), "");
    EXPECT_EQ(rows_, 2u);
}

TEST_F(SchemaCheckTest, OfManyRefusedRowsTheFirstAreTold) {
    checker_ = SchemaChecker(1);
    const Line line{{"v", 1.5}};
    for (int i = 0; i < 150; ++i) parse(("m" + std::to_string(i)).c_str(), {line});
    (void)write();
    EXPECT_EQ(findings_.rejections.size(), 100u);
    EXPECT_EQ(findings_.rejected_untold, 50u);
    EXPECT_EQ(rows_, 0u);
}

}  // namespace
}  // namespace sluice::engine
