#include "sluice/base/arena.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice {
namespace {

TEST(Arena, IsSmallWithLittleInItAndGrowsToItsChunks) {
    Arena arena(8 * 1024);
    EXPECT_EQ(arena.memory_bytes(), 0u);
    arena.copy("cpu,host=a");
    EXPECT_LE(arena.memory_bytes(), 256u);
    for (int i = 0; i < 100; ++i) arena.allocate(1000);
    EXPECT_GE(arena.memory_bytes(), 100'000u);
    EXPECT_LE(arena.memory_bytes(), 130'000u);
}

TEST(Arena, KeepsWhatItHandedOut) {
    Arena arena(2048);
    std::vector<std::string> texts;
    std::vector<std::string_view> copies;
    for (int i = 0; i < 500; ++i) {
        texts.push_back(std::string(static_cast<std::size_t>(i * 7 % 3000), 'a') +
                        std::to_string(i));
        copies.push_back(arena.copy(texts.back()));
    }
    for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(copies[i], texts[i]);
}

TEST(Arena, ClearedKeepsAnOrdinaryChunkAndNoLargerOne) {
    Arena arena(4096);
    for (int i = 0; i < 10; ++i) arena.allocate(1000);
    arena.allocate(1'000'000);
    arena.clear();
    EXPECT_EQ(arena.memory_bytes(), 4096u);
    arena.allocate(4096);
    EXPECT_EQ(arena.memory_bytes(), 4096u) << "the chunk is used again";

    Arena large(4096);
    large.allocate(1'000'000);
    large.clear();
    EXPECT_EQ(large.memory_bytes(), 0u);
    EXPECT_EQ(large.copy("x"), "x");
}

}  // namespace
}  // namespace sluice
