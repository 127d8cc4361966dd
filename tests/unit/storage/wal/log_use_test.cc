#include "sluice/storage/log_use.h"

#include <gtest/gtest.h>

#include <array>

#include "storage/wal/wal_format.h"

namespace sluice::storage {
namespace {

TEST(LogUse, IsThatOfTheFirstFrame) {
    std::array<std::byte, 4096> sector{};
    EXPECT_EQ(log_use(sector), LogUse()) << "never used";
    WalFrameHeader header;
    header.head_id = 5;
    header.frame_number = 1;
    header.log_number = 77;
    encode_wal_header(header, sector.data());
    EXPECT_EQ(log_use(sector), (LogUse{5, 77}));
    EXPECT_EQ(log_use(ByteSpan(sector).first(kWalHeaderBytes)), (LogUse{5, 77}));
    EXPECT_EQ(log_use(ByteSpan(sector).first(kWalHeaderBytes - 1)), LogUse());
    sector[33] ^= std::byte{1};
    EXPECT_EQ(log_use(sector), LogUse()) << "damaged";
}

}  // namespace
}  // namespace sluice::storage
