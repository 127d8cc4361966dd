#include "server/auth/fair_queue.h"

#include <gtest/gtest.h>

#include <array>

namespace sluice::server {
namespace {

using Entry = FairQueue::Entry;

TEST(FairQueue, TakesTurnsByClient) {
    FairQueue queue(100, 100);
    std::array<Entry, 6> entries;
    EXPECT_EQ(queue.push("a", entries[0]), nullptr);
    EXPECT_EQ(queue.push("a", entries[1]), nullptr);
    EXPECT_EQ(queue.push("a", entries[2]), nullptr);
    EXPECT_EQ(queue.push("b", entries[3]), nullptr);
    EXPECT_EQ(queue.push("c", entries[4]), nullptr);
    EXPECT_EQ(queue.push("b", entries[5]), nullptr);
    EXPECT_EQ(queue.size(), 6u);
    for (const int i : {0, 3, 4, 1, 5, 2}) EXPECT_EQ(queue.pop(), &entries[i]) << i;
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, HasABoundForEachClient) {
    FairQueue queue(100, 2);
    std::array<Entry, 4> entries;
    EXPECT_EQ(queue.push("a", entries[0]), nullptr);
    EXPECT_EQ(queue.push("a", entries[1]), nullptr);
    EXPECT_EQ(queue.push("a", entries[2]), &entries[2]);
    EXPECT_TRUE(entries[2].refused);
    EXPECT_EQ(queue.push("b", entries[3]), nullptr);
    EXPECT_EQ(queue.pop(), &entries[0]);
    EXPECT_EQ(queue.pop(), &entries[3]);
    EXPECT_EQ(queue.pop(), &entries[1]);
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_FALSE(entries[0].refused);
}

TEST(FairQueue, WhoeverHasTheMostMakesRoom) {
    FairQueue queue(3, 3);
    std::array<Entry, 6> entries;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.push("a", entries[i]), nullptr);
    EXPECT_EQ(queue.push("b", entries[3]), &entries[2]);
    EXPECT_EQ(queue.push("c", entries[4]), &entries[1]);
    EXPECT_TRUE(entries[1].refused && entries[2].refused);
    EXPECT_EQ(queue.size(), 3u);
    // Now all have the same.
    EXPECT_EQ(queue.push("d", entries[5]), &entries[5]);
    EXPECT_EQ(queue.size(), 3u);
    for (const int i : {0, 3, 4}) EXPECT_EQ(queue.pop(), &entries[i]) << i;
    EXPECT_EQ(queue.pop(), nullptr);
    Entry again;
    EXPECT_EQ(queue.push("d", again), nullptr);
    EXPECT_EQ(queue.pop(), &again);
}

TEST(FairQueue, KnowsANetworkOfIPv6AsOneClient) {
    EXPECT_EQ(queue_client("10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(queue_client("2001:db8:1:2::7"), queue_client("2001:db8:1:2:ffff::8"));
    EXPECT_NE(queue_client("2001:db8:1:2::7"), queue_client("2001:db8:1:3::7"));
    EXPECT_NE(queue_client("::ffff:10.0.0.7"), queue_client("::ffff:10.0.0.8"));
    EXPECT_EQ(queue_client(""), "");
}

}  // namespace
}  // namespace sluice::server
