#include "query/show/distinct_texts.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::query {
namespace {

using Texts = std::vector<std::string_view>;

std::string added(DistinctTexts& texts, Arena& bytes, std::initializer_list<const char*> shown) {
    std::string news;
    for (const char* each : shown) news += texts.add(std::string(each), bytes) ? '+' : '-';
    return news;
}

TEST(DistinctTexts, KeepsEachOnceInWhateverOrderTheyCome) {
    Arena bytes;
    DistinctTexts texts;
    EXPECT_EQ(added(texts, bytes, {"b", "d", "d", "f"}), "++-+");
    EXPECT_EQ(added(texts, bytes, {"b", "d", "f", "b", "f", "d"}), "------");
    EXPECT_EQ(added(texts, bytes, {"g", "b", "g", "h"}), "+--+");
    EXPECT_EQ(texts.texts(), (Texts{"b", "d", "f", "g", "h"}));
    // From here on they are not in order.
    EXPECT_EQ(added(texts, bytes, {"c", "", "c", "h", "", "b", "z", "c", "z"}), "++----+--");
    EXPECT_EQ(texts.texts(), (Texts{"b", "d", "f", "g", "h", "c", "", "z"}));
    EXPECT_EQ(added(texts, bytes, {"b", "d", "f", "g", "h", "c", "", "z"}), "--------");
}

}  // namespace
}  // namespace sluice::query
