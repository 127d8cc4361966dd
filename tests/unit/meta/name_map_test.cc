#include "sluice/meta/name_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "sluice/base/random.h"

namespace sluice::meta {
namespace {

struct Item {
    std::string name;
    int value = 0;
};

std::shared_ptr<const Item> item(const std::string& name, int value) {
    return std::make_shared<Item>(Item{name, value});
}

TEST(NameMap, FindsWhatWasSetAndNothingElse) {
    NameMap<Item> map;
    EXPECT_EQ(map.find("a"), nullptr);
    for (int i = 0; i < 5000; ++i) map.set(item("m" + std::to_string(i), i), 1);
    EXPECT_EQ(map.size(), 5000u);
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(map.find("m" + std::to_string(i))->value, i);
    EXPECT_EQ(map.find("m5000"), nullptr);
    EXPECT_EQ(map.find(""), nullptr);
}

TEST(NameMap, CopiesKeepWhatTheyHad) {
    std::map<std::string, int> expected;
    std::vector<std::pair<NameMap<Item>, std::map<std::string, int>>> history;
    NameMap<Item> map;
    for (int edit = 1; edit < 300; ++edit) {
        for (int i = 0; i < edit % 7; ++i) {
            const std::string name = "n" + std::to_string((edit * 31 + i * 17) % 400);
            map.set(item(name, edit), static_cast<std::uint64_t>(edit));
            expected[name] = edit;
        }
        history.emplace_back(map, expected);
    }
    for (const auto& [copy, names] : history) {
        ASSERT_EQ(copy.size(), names.size());
        std::size_t visited = 0;
        copy.for_each([&, &known = names](const Item& each) {
            ++visited;
            ASSERT_EQ(known.at(each.name), each.value);
        });
        ASSERT_EQ(visited, names.size());
    }
}

TEST(NameMap, ErasesAndLeavesCopiesAlone) {
    NameMap<Item> map;
    for (int i = 0; i < 3000; ++i) map.set(item("m" + std::to_string(i), i), 1);
    const NameMap<Item> copy = map;
    for (int i = 0; i < 3000; i += 2) ASSERT_TRUE(map.erase("m" + std::to_string(i), 2));
    EXPECT_FALSE(map.erase("m0", 2));
    EXPECT_FALSE(map.erase("nosuch", 2));
    EXPECT_EQ(map.size(), 1500u);
    EXPECT_EQ(copy.size(), 3000u);
    for (int i = 0; i < 3000; ++i) {
        const std::string name = "m" + std::to_string(i);
        ASSERT_EQ(map.find(name) == nullptr, i % 2 == 0) << name;
        ASSERT_NE(copy.find(name), nullptr);
    }
    for (int i = 0; i < 3000; i += 2) map.set(item("m" + std::to_string(i), -i), 3);
    EXPECT_EQ(map.size(), 3000u);
    EXPECT_EQ(map.find("m20")->value, -20);
}

}  // namespace
}  // namespace sluice::meta
