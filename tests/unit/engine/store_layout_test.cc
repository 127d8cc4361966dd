#include "engine/store_layout.h"

#include <gtest/gtest.h>

namespace sluice::engine {
namespace {

using Dealt = std::vector<std::vector<std::string>>;

TEST(StoreLayout, EachCoreGetsAStore) {
    EXPECT_EQ(deal_stores({}, 2), (Dealt{{"0001"}, {"0002"}}));
    EXPECT_EQ(deal_stores({"0001"}, 3), (Dealt{{"0001"}, {"0002"}, {"0003"}}));
    EXPECT_EQ(deal_stores({"0007"}, 2), (Dealt{{"0007"}, {"0008"}}));
}

TEST(StoreLayout, FewerCoresGetSeveralStores) {
    EXPECT_EQ(deal_stores({"0003", "0001", "0002"}, 2), (Dealt{{"0001", "0003"}, {"0002"}}));
    EXPECT_EQ(deal_stores({"10000", "9999"}, 1), (Dealt{{"9999", "10000"}}));
}

TEST(StoreLayout, KnowsItsFolders) {
    for (const char* name : {"0001", "9999", "10000"}) EXPECT_TRUE(is_store_name(name)) << name;
    for (const char* name : {"", "1", "001", "0000", "00001", "000a", "0001.old", "1234567890"}) {
        EXPECT_FALSE(is_store_name(name)) << name;
    }
}

}  // namespace
}  // namespace sluice::engine
