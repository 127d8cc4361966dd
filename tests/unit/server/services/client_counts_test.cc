// The counter of one core: who is counted as whom, and when counts are forgotten.
#include "server/services/client_counts.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(ClientCounter, CountsConnectionsOfAHostTogether) {
    ClientCounter counter;
    counter.begin();
    counter.add_write("", "10.0.0.1:5000");
    counter.add_write("", "10.0.0.1:5001");
    counter.add_query("", "10.0.0.1:5002");
    counter.add_query("", "[::1]:5000");
    const ClientCounts counts = counter.end();
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_EQ(counts.at("10.0.0.1").writes, 2U);
    EXPECT_EQ(counts.at("10.0.0.1").queries, 1U);
    EXPECT_EQ(counts.at("::1").writes, 0U);
    EXPECT_EQ(counts.at("::1").queries, 1U);
}

TEST(ClientCounter, ForgetsWhenTheLastRequestHasCounted) {
    ClientCounter counter;
    EXPECT_FALSE(counter.active());
    counter.begin();
    counter.add_write("", "10.0.0.1:5000");
    counter.begin();
    EXPECT_EQ(counter.end().size(), 1U);
    EXPECT_TRUE(counter.active());
    EXPECT_EQ(counter.counts().size(), 1U);
    EXPECT_EQ(counter.end().size(), 1U);
    EXPECT_FALSE(counter.active());
    EXPECT_TRUE(counter.counts().empty());
}

TEST(ClientCounter, CountsAFloodOfClientsTogether) {
    ClientCounter counter;
    counter.begin();
    constexpr unsigned kClients = 10'100;
    for (unsigned i = 0; i < kClients; ++i) {
        counter.add_write("", "10." + std::to_string(i / 65536) + "." +
                                  std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) +
                                  ":80");
    }
    const ClientCounts counts = counter.end();
    EXPECT_EQ(counts.size(), 10'001U);
    EXPECT_EQ(counts.at("other").writes, 100U);
}

}  // namespace
}  // namespace sluice::server
