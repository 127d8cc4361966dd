#include "query/scan/select_budget.h"

#include <gtest/gtest.h>

namespace sluice::query {
namespace {

TEST(SelectBudget, GivesASingleScanAllMemory) {
    const QueryLimits limits{.memory_bytes_max = 1000};
    SelectBudget budget(limits);
    budget.add_scan();
    SelectBudget::Share share(budget);
    share.set(900);
    EXPECT_EQ(budget.memory_left(), 1000u);
}

TEST(SelectBudget, KeepsAPartForEachOfSeveralScans) {
    const QueryLimits limits{.memory_bytes_max = 1000};
    SelectBudget budget(limits);
    for (int i = 0; i < 4; ++i) budget.add_scan();
    EXPECT_EQ(budget.memory_left(), 1000u);
    SelectBudget::Share first(budget);
    first.set(400);
    EXPECT_EQ(budget.memory_left(), 600u);
    {
        SelectBudget::Share second(budget);
        second.set(500);
        EXPECT_EQ(budget.memory_left(), 250u);
        second.set(100);
        EXPECT_EQ(budget.memory_left(), 500u);
        second.set(2000);
        EXPECT_EQ(budget.memory_left(), 250u);
    }
    EXPECT_EQ(budget.memory_left(), 600u);
}

}  // namespace
}  // namespace sluice::query
