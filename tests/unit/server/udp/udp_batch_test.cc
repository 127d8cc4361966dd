#include "server/udp/udp_batch.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

void add(UdpBatch& batch, std::string_view text, std::int64_t wall_ns) {
    batch.add(as_byte_span(text), wall_ns);
}

TEST(UdpBatch, KeepsDatagramsApartWithTheirTimes) {
    UdpBatch batch;
    EXPECT_TRUE(batch.empty());
    add(batch, "a v=1", 10);
    add(batch, "", 11);
    add(batch, "b v=1\nc v=2\n", 12);
    ASSERT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch.text(0), "a v=1");
    EXPECT_EQ(batch.text(1), "b v=1\nc v=2\n");
    EXPECT_EQ(batch.wall_ns(0), 10);
    EXPECT_EQ(batch.wall_ns(1), 12);
    EXPECT_EQ(batch.bytes(), 17u);
}

TEST(UdpBatch, CountsLinesWhetherOrNotTheLastOneEnds) {
    UdpBatch batch;
    add(batch, "a v=1\nb v=1", 0);
    EXPECT_EQ(batch.lines(), 2u);
    add(batch, "c v=1\n", 0);
    EXPECT_EQ(batch.lines(), 3u);
    EXPECT_EQ(batch.lines(0), 2u);
    EXPECT_EQ(batch.lines(1), 1u);
}

}  // namespace
}  // namespace sluice::server
