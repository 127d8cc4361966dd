#include "engine/names/tag_values.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

std::vector<TagValue> values_of(std::string_view key) {
    std::vector<TagValue> values;
    append_tag_values(key, values);
    return values;
}

TEST(TagValues, AreOfAMeasurementAndAKey) {
    const std::vector<TagValue> cpu = values_of("cpu,host=a,rack=a");
    ASSERT_EQ(cpu.size(), 2u);
    EXPECT_NE(cpu[0].tag, cpu[1].tag);
    EXPECT_NE(cpu[0].value, cpu[1].value);
    EXPECT_NE(values_of("mem,host=a")[0].tag, cpu[0].tag);
    EXPECT_NE(values_of("mem,host=a")[0].value, cpu[0].value);
    EXPECT_EQ(values_of("cpu,host=b")[0].tag, cpu[0].tag);
    EXPECT_NE(values_of("cpu,host=b")[0].value, cpu[0].value);
    EXPECT_EQ(values_of("cpu,a=x,host=a")[1].value, cpu[0].value);
    EXPECT_TRUE(values_of("cpu").empty());
}

TEST(TagValues, AreCountedByTag) {
    TagValues values;
    for (const char* key : {"m,h=a,r=x", "m,h=b,r=x", "m,h=a,r=y", "m,h=c"}) {
        for (const TagValue& each : values_of(key)) values.insert(each);
    }
    const std::vector<TagValue> of_a = values_of("m,h=a,r=z");
    EXPECT_EQ(values.count(of_a[0].tag), 3u);
    EXPECT_EQ(values.count(of_a[1].tag), 2u);
    EXPECT_TRUE(values.contains(of_a[0]));
    EXPECT_FALSE(values.contains(of_a[1]));
    EXPECT_FALSE(values.insert(of_a[0]));
    EXPECT_EQ(values.size(), 5u);
    EXPECT_EQ(values.count(values_of("n,h=a")[0].tag), 0u);
}

TEST(TagValues, TheSentenceIsInfluxdbs) {
    EXPECT_EQ(too_many_values_text("cpu,host=server9999", 0, 1000, 1000),
              "max-values-per-tag limit exceeded (1000/1000): measurement=\"cpu\" tag=\"host\" "
              "value=\"server9999\"");
    EXPECT_EQ(too_many_values_text("a\\ b,h=x,k\\,1=q\"\\=", 1, 7, 5),
              "max-values-per-tag limit exceeded (7/5): measurement=\"a b\" tag=\"k,1\" "
              "value=\"q\\\"=\"");
}

}  // namespace
}  // namespace sluice::engine
