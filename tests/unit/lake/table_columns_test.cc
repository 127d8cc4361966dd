#include "sluice/lake/table_columns.h"

#include <gtest/gtest.h>

namespace sluice::lake {
namespace {

using model::FieldType;

std::vector<std::string> names_of(const TableColumns& table) {
    std::vector<std::string> names;
    for (const ParquetColumn& column : table.columns()) names.push_back(column.name);
    return names;
}

TEST(TableColumns, AreTimeThenTagsThenFields) {
    const TableColumns table(true, {"host", "region"},
                             {{"count", FieldType::kInteger}, {"value", FieldType::kFloat}});
    EXPECT_EQ(names_of(table),
              (std::vector<std::string>{"time", "nanos", "host", "region", "count", "value"}));
    EXPECT_EQ(table.first_tag(), 2u);
    EXPECT_EQ(table.first_field(), 4u);
    EXPECT_TRUE(table.columns()[0].is_required);
    EXPECT_EQ(table.columns()[4].type, ParquetType::kInteger);
    EXPECT_TRUE(table.renamed().empty());
}

TEST(TableColumns, NamesThatReadersWouldTakeForOneAreTold) {
    const TableColumns table(false, {"HOST", "host", "time"},
                             {{"Day", FieldType::kFloat},
                              {"Host", FieldType::kFloat},
                              {"host_tag", FieldType::kFloat},
                              {"nanos", FieldType::kInteger},
                              {"Ä", FieldType::kFloat},
                              {"ä", FieldType::kFloat}});
    EXPECT_EQ(names_of(table), (std::vector<std::string>{
                                   "time", "HOST", "host_tag", "time_tag", "Day_field",
                                   "Host_field", "host_tag_field", "nanos_field", "Ä", "ä_field"}));
    EXPECT_EQ(table.renamed()[0], std::pair(std::string("tag host_tag"), std::string("host")));
    EXPECT_EQ(table.renamed()[3], std::pair(std::string("field Host_field"), std::string("Host")));
}

TEST(TableColumns, AFieldOfSeveralTypesIsSeveralColumns) {
    const TableColumns table(false, {},
                             {{"v", FieldType::kFloat},
                              {"v", FieldType::kInteger},
                              {"v", FieldType::kString},
                              {"v_integer", FieldType::kFloat}});
    EXPECT_EQ(names_of(table),
              (std::vector<std::string>{"time", "v", "v_integer", "v_string", "v_integer_field"}));
}

TEST(TableColumns, NamesThatAreNoTextBecomeText) {
    const TableColumns table(false, {"\xFF", "\xFE"}, {});
    EXPECT_EQ(names_of(table)[1], "\xEF\xBF\xBD");
    EXPECT_EQ(names_of(table)[2], "\xEF\xBF\xBD_tag");
}

TEST(FolderName, KeepsWhatHasNoOtherMeaning) {
    const std::pair<const char*, const char*> cases[] = {
        {"cpu", "cpu"},
        {"a b/c", "a%20b%2Fc"},
        {".hidden", "%2Ehidden"},
        {"_x", "%5Fx"},
        {"a.b_c-d", "a.b_c-d"},
        {"a=b", "a%3Db"},
        {"..", "%2E."},
        {"100%", "100%25"},
        {"Zürich", "Zürich"},
        {"\xFF", "%FF"},
        {"*?[x]{y}", "%2A%3F%5Bx%5D%7By%7D"},
        {"a\nb", "a%0Ab"},
        {"", "%"},
    };
    for (const auto& [name, folder] : cases) EXPECT_EQ(folder_name(name), folder);
}

TEST(FolderName, LongNamesStayApart) {
    const std::string a = folder_name(std::string(1000, 'x') + "a");
    const std::string b = folder_name(std::string(1000, 'x') + "b");
    EXPECT_NE(a, b);
    EXPECT_LT(a.size(), 240u);
    std::string letters;
    for (int i = 0; i < 300; ++i) letters += "ü";
    EXPECT_LT(folder_name("x" + letters).size(), 240u);
}

TEST(DayName, ReachesAsFarAsTimes) {
    EXPECT_EQ(day_name(0), "1970-01-01");
    EXPECT_EQ(day_name(-1), "1969-12-31");
    EXPECT_EQ(day_name(20'785), "2026-11-28");
    EXPECT_EQ(day_name(-106'752), "1677-09-21");
    EXPECT_EQ(day_name(106'751), "2262-04-11");
}

TEST(TableColumns, NamesStayAsATableGrows) {
    const TableColumns first(false, {"node"}, {{"value", FieldType::kFloat}},
                             {{"day", "node"}, {}});
    EXPECT_EQ(names_of(first), (std::vector<std::string>{"time", "node_tag", "value"}));
    EXPECT_EQ(first.new_names().size(), 2u);
    // What would have had the name if it had come first.
    const TableColumns second(
        false, {"VALUE", "node"},
        {{"Value", FieldType::kFloat}, {"value", FieldType::kFloat}, {"value", FieldType::kString}},
        {{"day", "node"}, first.new_names()});
    EXPECT_EQ(names_of(second), (std::vector<std::string>{"time", "VALUE_tag", "node_tag",
                                                          "Value_field", "value", "value_string"}));
    EXPECT_EQ(second.new_names().size(), 3u);
    // A type that is alone in its group, and was not the first.
    auto known = first.new_names();
    known.insert(second.new_names().begin(), second.new_names().end());
    const TableColumns third(false, {}, {{"value", FieldType::kString}}, {{"day", "node"}, known});
    EXPECT_EQ(names_of(third), (std::vector<std::string>{"time", "value_string"}));
}

}  // namespace
}  // namespace sluice::lake
