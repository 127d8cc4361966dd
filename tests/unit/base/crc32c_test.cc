#include "sluice/base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "sluice/base/random.h"

namespace sluice {
namespace {

TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
    EXPECT_EQ(crc32c(as_byte_span("123456789")), 0xE3069283u);
    EXPECT_EQ(crc32c(as_byte_span(std::string(32, '\0'))), 0x8A9136AAu);
    EXPECT_EQ(crc32c(as_byte_span(std::string(32, '\xFF'))), 0x62A8AB43u);
    EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, PortableAndHardwarePathsAgreeAtEveryLengthAndSplit) {
    Random random(1);
    std::string bytes;
    for (int i = 0; i < 300; ++i) bytes += static_cast<char>(random.next());
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const ByteSpan span = as_byte_span(bytes).first(size);
        const std::uint32_t whole = crc32c(span);
        EXPECT_EQ(whole, detail::crc32c_portable(span, 0));
        EXPECT_EQ(whole, crc32c(span.subspan(size / 3), crc32c(span.first(size / 3))));
    }
}

}  // namespace
}  // namespace sluice
