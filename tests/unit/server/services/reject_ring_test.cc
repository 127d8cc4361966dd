// A RejectRing keeps the last entries, the newest first, in bounded memory.
#include "server/services/reject_ring.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::server {
namespace {

std::vector<RejectedLine> entries(const RejectRing& ring) {
    std::vector<RejectedLine> lines;
    ring.for_each([&](const RejectedLine& line) { lines.push_back(line); });
    return lines;
}

void add(RejectRing& ring, std::uint32_t line, std::string message = "bad") {
    ring.add(1000 + line, "d", "10.0.0.1:80",
             {model::RejectReason::kTypeConflict, line, std::move(message)});
}

TEST(RejectRing, IsEmptyAtFirst) {
    EXPECT_TRUE(entries(RejectRing()).empty());
}

TEST(RejectRing, TellsTheNewestFirst) {
    RejectRing ring;
    add(ring, 1, "first");
    add(ring, 2, "second");
    const std::vector<RejectedLine> lines = entries(ring);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].message, "second");
    EXPECT_EQ(lines[1].message, "first");
    EXPECT_EQ(lines[1].wall_ns, 1001);
    EXPECT_EQ(lines[1].database, "d");
    EXPECT_EQ(lines[1].client, "10.0.0.1:80");
    EXPECT_EQ(lines[1].reason, model::RejectReason::kTypeConflict);
    EXPECT_EQ(lines[1].line, 1U);
}

TEST(RejectRing, KeepsTheLastAtEachSizeAroundItsBound) {
    for (const std::size_t count : {RejectRing::kCount - 1, RejectRing::kCount,
                                    RejectRing::kCount + 1, 2 * RejectRing::kCount + 7}) {
        SCOPED_TRACE(count);
        RejectRing ring;
        for (std::size_t i = 1; i <= count; ++i) add(ring, static_cast<std::uint32_t>(i));
        const std::vector<RejectedLine> lines = entries(ring);
        ASSERT_EQ(lines.size(), std::min(count, RejectRing::kCount));
        for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i].line, count - i);
    }
}

TEST(RejectRing, CutsLongMessages) {
    RejectRing ring;
    add(ring, 1, std::string(RejectRing::kMessageBytesMax, 'x'));
    add(ring, 2, std::string(RejectRing::kMessageBytesMax + 1, 'y'));
    const std::vector<RejectedLine> lines = entries(ring);
    EXPECT_EQ(lines[0].message, std::string(RejectRing::kMessageBytesMax, 'y'));
    EXPECT_EQ(lines[1].message.size(), RejectRing::kMessageBytesMax);
}

}  // namespace
}  // namespace sluice::server
