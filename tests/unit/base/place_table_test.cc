#include "sluice/base/place_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace sluice {
namespace {

TEST(PlaceTable, FindsWhatWasAddedAndNothingElse) {
    // Few hashes, so that most of them are met more than once.
    const auto hash = [](std::uint32_t name) { return std::uint64_t{name % 97} << 20 | name % 97; };
    std::vector<std::uint32_t> names;
    PlaceTable table;
    EXPECT_EQ(table.find(1, [](std::uint32_t) { return true; }), PlaceTable::kNone);
    for (std::uint32_t name = 0; name < 1000; ++name) {
        table.add(hash(name), name);
        names.push_back(name * 3);
    }
    EXPECT_EQ(table.size(), 1000u);
    for (std::uint32_t name = 0; name < 1000; ++name) {
        EXPECT_EQ(table.find(hash(name), [&](std::uint32_t at) { return names[at] == name * 3; }),
                  name);
    }
    EXPECT_EQ(table.find(hash(5), [](std::uint32_t) { return false; }), PlaceTable::kNone);
    table.clear();
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(table.find(hash(5), [](std::uint32_t) { return true; }), PlaceTable::kNone);
}

}  // namespace
}  // namespace sluice
