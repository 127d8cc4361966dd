#include "server/process/connection_limit.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(ConnectionLimit, LeavesDescriptorsToTheStores) {
    EXPECT_EQ(connection_limit(0, 1024), 512u);
    EXPECT_EQ(open_segments_limit(1024), 256u);
    EXPECT_EQ(open_segments_limit(1'048'576), 8'192u);
    EXPECT_EQ(connection_limit(0, 20'000), 10'000u);
    EXPECT_EQ(connection_limit(0, 1'048'576), 1'048'576u - 16'384u);
    EXPECT_EQ(connection_limit(0, UINT64_MAX), UINT64_MAX - 16'384u);
    EXPECT_EQ(connection_limit(0, 1), 1u);
}

TEST(ConnectionLimit, KeepsToWhatIsConfigured) {
    EXPECT_EQ(connection_limit(100, 20'000), 100u);
    EXPECT_EQ(connection_limit(15'000, 20'000), 10'000u);
}

}  // namespace
}  // namespace sluice::server
