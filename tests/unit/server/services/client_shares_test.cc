#include "server/services/client_shares.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace sluice::server {
namespace {

constexpr std::int64_t kNow = kSecondNs;

TEST(ClientShares, ConnectionsOfOneAddressAreOneClient) {
    ClientShares shares(80, 1000);
    std::optional<ClientShares::Place> first(shares.join(shares.meet("10.0.0.1:1000", kNow)));
    std::optional<ClientShares::Place> second(shares.join(shares.meet("10.0.0.1:2000", kNow)));
    EXPECT_EQ(first->client(), second->client());
    EXPECT_EQ(first->client()->connections, 2u);
    const ClientShares::Place other = shares.join(shares.meet("10.0.0.2:1000", kNow));
    EXPECT_NE(other.client(), first->client());
    const ClientShares::Place v6 = shares.join(shares.meet("[2001:db8::1]:5", kNow));
    EXPECT_EQ(shares.meet("[2001:db8::ffff]:6", kNow), "2001:db8:0:0::/64");
    EXPECT_EQ(shares.find("2001:db8:0:0::/64"), v6.client());
    first.reset();
    EXPECT_EQ(shares.find("10.0.0.1")->connections, 1u);
    second.reset();
    EXPECT_EQ(shares.find("10.0.0.1"), nullptr);
}

TEST(ClientShares, NothingIsKeptBackFromAClientThatIsAlone) {
    ClientShares shares(80, 1000);
    const ClientShares::Place proxy = shares.join(shares.meet("10.0.0.1:1000", kNow));
    for (std::int64_t i = 0; i < 100; ++i) (void)shares.meet("10.0.0.1:1001", kNow + i);
    EXPECT_FALSE(shares.binds());
    EXPECT_EQ(proxy.client()->bodies.bytes_max, engine::ClientBodies::kNoBound);
}

TEST(ClientShares, AnotherClientIsRememberedForAWhile) {
    ClientShares shares(80, 1000);
    const ClientShares::Place one = shares.join(shares.meet("10.0.0.1:1000", kNow));
    // It is refused, say, and comes back later.
    (void)shares.meet("10.0.0.2:1000", kNow);
    EXPECT_TRUE(shares.binds());
    EXPECT_EQ(one.client()->bodies.bytes_max, 800u);
    (void)shares.meet("10.0.0.1:1001", kNow + 1);
    (void)shares.meet("10.0.0.1:1002", kNow + ClientShares::kRememberNs);
    EXPECT_TRUE(shares.binds());
    (void)shares.meet("10.0.0.1:1003", kNow + 1 + ClientShares::kRememberNs);
    EXPECT_FALSE(shares.binds());
    EXPECT_EQ(one.client()->bodies.bytes_max, engine::ClientBodies::kNoBound);
}

TEST(ClientShares, ClientsWithConnectionsAreNotForgotten) {
    ClientShares shares(80, 1000);
    const ClientShares::Place one = shares.join(shares.meet("10.0.0.1:1000", kNow));
    const ClientShares::Place other = shares.join(shares.meet("10.0.0.2:1000", kNow));
    EXPECT_EQ(other.client()->bodies.bytes_max, 800u);
    (void)shares.meet("10.0.0.2:1001", kNow + 10 * ClientShares::kRememberNs);
    EXPECT_TRUE(shares.binds());
}

TEST(ClientShares, WhoHasMoreThanItsShareIsFound) {
    ClientShares shares(80, 1000);
    std::vector<ClientShares::Place> places;
    const auto come = [&](const char* address, int count) {
        for (int i = 0; i < count; ++i) places.push_back(shares.join(shares.meet(address, kNow)));
    };
    come("10.0.0.1:1", 5);
    come("10.0.0.2:1", 5);
    EXPECT_EQ(shares.greedy(0), nullptr);
    come("10.0.0.1:1", 15);
    ASSERT_NE(shares.greedy(0), nullptr);
    EXPECT_EQ(shares.greedy(25), shares.find("10.0.0.1"));
    EXPECT_FALSE(shares.is_full(*shares.find("10.0.0.2"), 25));
    EXPECT_EQ(shares.greedy(30), nullptr) << "this core has few";
}

TEST(ClientShares, APartIsNeverNothing) {
    EXPECT_EQ(ClientShares(80, 0).part_of(1000), 800u);
    EXPECT_EQ(ClientShares(80, 0).part_of(1), 1u);
    EXPECT_EQ(ClientShares(1, 0).part_of(50), 1u);
    EXPECT_EQ(ClientShares(80, 0).part_of(~std::uint64_t{0}), 14757395258967641292u);
}

TEST(ClientShares, SwitchedOffTheyKnowNobody) {
    for (const std::uint64_t percent : {0u, 100u}) {
        ClientShares shares(percent, 1000);
        EXPECT_FALSE(shares.limits());
        EXPECT_EQ(shares.meet("10.0.0.1:1", kNow), "");
        (void)shares.meet("10.0.0.2:1", kNow);
        EXPECT_FALSE(shares.binds());
        EXPECT_EQ(shares.join("").client(), nullptr);
    }
}

}  // namespace
}  // namespace sluice::server
