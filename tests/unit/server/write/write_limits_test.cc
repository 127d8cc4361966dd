// Bounds of a write, from the configuration and the memory of bodies.
#include "server/write/write_limits.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"
#include "sluice/ingest/line_protocol.h"

namespace sluice::server {
namespace {

constexpr std::size_t kMemory = 512 * kMiB;

TEST(WriteLimits, BoundBodiesByTheConfiguration) {
    const struct {
        std::uint64_t configured;
        std::size_t v1;
        std::size_t v2;
    } cases[] = {
        // 2.x clients send up to 50 MB, whatever is configured.
        {1, 1, 50'000'000},
        {25'000'000, 25'000'000, 50'000'000},
        {50'000'000, 50'000'000, 50'000'000},
        {50'000'001, 50'000'001, 50'000'001},
        // No bound: memory is one.
        {0, kMemory, kMemory},
    };
    for (const auto& each : cases) {
        Config config;
        config.http.max_body_size.bytes = each.configured;
        EXPECT_EQ(body_bytes_max(config, WriteApi::kV1, kMemory), each.v1) << each.configured;
        EXPECT_EQ(body_bytes_max(config, WriteApi::kV2, kMemory), each.v2) << each.configured;
    }
}

// Cells take eight bytes each, and a batch a quarter of the memory of bodies.
TEST(WriteLimits, BoundTheCellsOfABatchByMemory) {
    EXPECT_EQ(cells_max(0), 1U << 20);
    EXPECT_EQ(cells_max(32 * kMiB), 1U << 20);
    EXPECT_EQ(cells_max(64 * kMiB), 2U << 20);
    EXPECT_EQ(cells_max(256 * kMiB), 8U << 20);
    EXPECT_EQ(cells_max(UINT64_MAX), ingest::kCellsMax);
}

TEST(WriteLimits, BoundStringsByWhatAStoreTakes) {
    Config config;
    config.data.max_field_value_bytes.bytes = 0;
    EXPECT_EQ(string_bytes_max(config), kFieldValueBytesMax);
    config.data.max_field_value_bytes.bytes = 100;
    EXPECT_EQ(string_bytes_max(config), 100U);
}

}  // namespace
}  // namespace sluice::server
