#include "server/config/bind_addresses.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

std::string said_of(const std::vector<std::string>& texts) {
    const auto parsed = parse_bind_addresses(texts);
    if (!parsed.ok()) return parsed.error().message;
    std::string text;
    for (const HostPort& each : *parsed) text += format_host_port(each) + ' ';
    return text;
}

TEST(BindAddresses, AreOneOrSeveral) {
    EXPECT_EQ(said_of({":8086"}), ":8086 ");
    EXPECT_EQ(said_of({"127.0.0.1:8086", "[::1]:8086", ":8087"}),
              "127.0.0.1:8086 [::1]:8086 :8087 ");
    EXPECT_EQ(said_of({"0.0.0.0:8086", "[::1]:8086"}), "0.0.0.0:8086 [::1]:8086 ");
    // The kernel chooses different ones.
    EXPECT_EQ(said_of({"127.0.0.1:0", "127.0.0.1:0"}), "127.0.0.1:0 127.0.0.1:0 ");
}

TEST(BindAddresses, RefuseWhatCannotBeListenedOnTogether) {
    const auto twice = [](const std::string& wide, const std::string& narrow) {
        return "http.bind-address: \"" + wide + "\" is also \"" + narrow + "\"; name one of them";
    };
    EXPECT_EQ(said_of({":8086", "127.0.0.1:8086"}), twice(":8086", "127.0.0.1:8086"));
    EXPECT_EQ(said_of({"[::1]:8086", "[::]:8086"}), twice("[::]:8086", "[::1]:8086"));
    EXPECT_EQ(said_of({"127.0.0.1:1", "0.0.0.0:1"}), twice("0.0.0.0:1", "127.0.0.1:1"));
    EXPECT_EQ(said_of({"[::1]:1", "[::1]:1"}), twice("[::1]:1", "[::1]:1"));
    EXPECT_EQ(said_of({}), "http.bind-address: an address is needed, such as \":8086\"");
    EXPECT_EQ(said_of({"x"}),
              "http.bind-address: \"x\" is not an address and a port, such as \":8086\"");
}

}  // namespace
}  // namespace sluice::server
