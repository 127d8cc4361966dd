#include "sluice/base/address_block.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(AddressBlock, AnAddressOfIPv4IsABlockByItself) {
    EXPECT_EQ(address_block("10.1.2.3"), "10.1.2.3");
    EXPECT_NE(address_block("10.1.2.3"), address_block("10.1.2.4"));
}

TEST(AddressBlock, SixtyFourBitsOfIPv6AreOne) {
    EXPECT_EQ(address_block("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(address_block("2001:db8:1:2::9"), "2001:db8:1:2::/64");
    EXPECT_EQ(address_block("2001:db8::1"), "2001:db8:0:0::/64");
    EXPECT_EQ(address_block("2001:db8::1:2:3:4:5"), "2001:db8:0:1::/64");
    EXPECT_EQ(address_block("::1"), "0:0:0:0::/64");
    EXPECT_EQ(address_block("::"), "0:0:0:0::/64");
    EXPECT_EQ(address_block("fe80::"), "fe80:0:0:0::/64");
}

TEST(AddressBlock, WhatIsNoAddressStays) {
    EXPECT_EQ(address_block(""), "");
    EXPECT_EQ(address_block("@"), "@");
}

}  // namespace
}  // namespace sluice
