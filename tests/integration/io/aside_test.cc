// What is done beside the ring: threads, names, datagrams.
#include "sluice/io/aside.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "ring_fixture.h"
#include "sluice/io/datagram_socket.h"
#include "sluice/io/host_lookup.h"
#include "sluice/io/socket.h"

namespace sluice::io {
namespace {

class AsideTest : public RingFixture {};

TEST_F(AsideTest, RunsOnAnotherThread) {
    const std::thread::id here = std::this_thread::get_id();
    const std::thread::id there = run(run_aside([] { return std::this_thread::get_id(); }));
    EXPECT_NE(there, here);
}

TEST_F(AsideTest, MoreThanMayRunWaitTheirTurn) {
    std::vector<Task<int>> running;
    for (int i = 0; i < 20; ++i) {
        running.push_back(run_aside([i] {
            usleep(1000);
            return i;
        }));
    }
    int sum = 0;
    for (auto& task : running) sum += run(std::move(task));
    EXPECT_EQ(sum, 190);
}

TEST_F(AsideTest, LooksUpNamesAndLeavesAddressesAlone) {
    EXPECT_EQ(*run(look_up_host("192.0.2.7")), std::vector<std::string>{"192.0.2.7"});
    EXPECT_EQ(*run(look_up_host("::1")), std::vector<std::string>{"::1"});
    EXPECT_EQ(*run(look_up_host("")), std::vector<std::string>{"127.0.0.1"});
    const auto local = run(look_up_host("localhost"));
    ASSERT_TRUE(local.ok());
    EXPECT_FALSE(local->empty());
    EXPECT_FALSE(run(look_up_host("no such host")).ok());
}

TEST_F(AsideTest, SendsDatagrams) {
    const int receiver = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(receiver, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::getsockname(receiver, reinterpret_cast<sockaddr*>(&address), &length), 0);
    auto connected = run(DatagramSocket::connect(reactor(), "127.0.0.1", ntohs(address.sin_port)));
    ASSERT_TRUE(connected.ok());
    for (const std::string_view text : {"first", "second one"}) {
        ASSERT_TRUE(run(connected->send(as_byte_span(text))).ok());
        char buffer[64];
        const ssize_t size = ::recv(receiver, buffer, sizeof buffer, 0);
        EXPECT_EQ(std::string_view(buffer, static_cast<std::size_t>(size)), text);
    }
    run(connected->close());
    ::close(receiver);
}

TEST_F(AsideTest, AConnectThatWasGivenUpDoesNotBegin) {
    ConnectLimit limit(kNoDeadline);
    limit.give_up();
    const auto connected = run(Socket::connect(reactor(), "127.0.0.1", 9, limit));
    ASSERT_FALSE(connected.ok());
    EXPECT_EQ(connected.error().kind, ErrorKind::kCancelled);
}

// A listener whose queue is full lets connections wait: for ever, were there no limit.
TEST_F(AsideTest, AConnectWithoutAnAnswerEndsAtItsLimit) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener, 0), 0);
    ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
    std::vector<Socket> taken;
    bool limited = false;
    for (int i = 0; i < 5 && !limited; ++i) {
        ConnectLimit limit(reactor().precise_ns() + 100 * kMillisecondNs);
        auto connected =
            run(Socket::connect(reactor(), "127.0.0.1", ntohs(address.sin_port), limit));
        limited = !connected.ok();
        if (limited) {
            EXPECT_EQ(connected.error().kind, ErrorKind::kCancelled);
        } else {
            taken.push_back(std::move(connected).value());
        }
    }
    EXPECT_TRUE(limited);
    for (Socket& socket : taken) run(socket.close());
    ::close(listener);
}

}  // namespace
}  // namespace sluice::io
