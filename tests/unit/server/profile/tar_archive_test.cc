#include "server/profile/tar_archive.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

TEST(TarArchive, HasABlockForEachHeadAndWholeBlocksOfContent) {
    TarArchive archive;
    archive.add("a/empty", "", 0);
    archive.add("b", std::string(513, 'x'), 1'700'000'000 * kSecondNs);
    const std::string bytes = archive.finish();
    ASSERT_EQ(bytes.size(), 512u * (1 + 1 + 2 + 2));
    EXPECT_EQ(bytes.substr(0, 8), std::string("a/empty\0", 8));
    EXPECT_EQ(bytes.substr(257, 8), std::string("ustar\0"
                                                "00",
                                                8));
    EXPECT_EQ(bytes.substr(512 + 124, 11), "00000001001");  // 513 in octal
    EXPECT_EQ(bytes.substr(512 + 136, 11), "14524770400");
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < 512; ++i) {
        if (i < 148 || i >= 156) sum += static_cast<unsigned char>(bytes[512 + i]);
    }
    EXPECT_EQ(std::stoul(bytes.substr(512 + 148, 6), nullptr, 8), sum);
}

}  // namespace
}  // namespace sluice::server
