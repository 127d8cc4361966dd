#include "engine/names/name_budget.h"

#include <gtest/gtest.h>

#include "sluice/meta/catalog_editor.h"

namespace sluice::engine {
namespace {

class NameBudgetTest : public testing::Test {
protected:
    NameBudgetTest() {
        meta::CatalogEditor editor(*catalog_);
        EXPECT_TRUE(editor.create_database("d", {}).ok());
        catalog_ = std::move(editor).finish();
    }
    void add(model::Timestamp time, int count) {
        meta::CatalogEditor editor(*catalog_);
        meta::GroupWanted group{0, time, {}};
        for (int i = 0; i < count; ++i) {
            group.measurements.push_back(
                {"m" + std::to_string(i), {{"v", model::FieldType::kFloat}}});
        }
        EXPECT_TRUE(editor.ensure_names({"d", "autogen", {group}}).ok());
        catalog_ = std::move(editor).finish();
    }
    const meta::RetentionPolicy& policy() const {
        return *catalog_->find_database("d")->find_policy("");
    }

    std::shared_ptr<const meta::Catalog> catalog_ = std::make_shared<meta::Catalog>();
};

TEST_F(NameBudgetTest, CountsWhatTheCatalogHas) {
    NameBudget budget(1 << 20);
    EXPECT_EQ(budget.left(*catalog_), 1u << 20);
    add(5, 100);
    const std::uint64_t first = NameBudget::bytes_of(*catalog_);
    EXPECT_GT(first, 100u * 64);
    EXPECT_EQ(budget.left(*catalog_), (1u << 20) - first);
    EXPECT_EQ(NameBudget(first).left(*catalog_), 0u);
    EXPECT_EQ(NameBudget(first - 1).left(*catalog_), 0u);
    EXPECT_EQ(NameBudget().left(*catalog_), ~std::uint64_t{0});
}

// The next week has the same names, and shares their schemas.
TEST_F(NameBudgetTest, TheSameNamesInAnotherGroupTakeLess) {
    add(5, 100);
    const std::uint64_t first = NameBudget::bytes_of(*catalog_);
    add(kWeekNs + 5, 100);
    const std::uint64_t both = NameBudget::bytes_of(*catalog_);
    EXPECT_GT(both, first);
    EXPECT_LT(both - first, first / 3);
}

TEST_F(NameBudgetTest, KnowsTheNamesOfTheLatestGroups) {
    EXPECT_FALSE(NameBudget::is_known(policy(), "m1"));
    add(5, 3);
    for (int week = 1; week < 16; ++week) add(week * kWeekNs + 5, 1);
    EXPECT_TRUE(NameBudget::is_known(policy(), "m2"));
    EXPECT_FALSE(NameBudget::is_known(policy(), "m3"));
    add(16 * kWeekNs + 5, 1);
    EXPECT_FALSE(NameBudget::is_known(policy(), "m2")) << "too long ago";
}

}  // namespace
}  // namespace sluice::engine
