// Datagrams over the loopback interface, on the real ring.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ring_fixture.h"
#include "sluice/io/datagram_receiver.h"
#include "sluice/io/datagram_socket.h"

namespace sluice::io {
namespace {

class DatagramOnRing : public RingFixture {};

Task<Result<void>> send_all(Reactor& reactor, std::uint16_t port,
                            const std::vector<std::string>& texts) {
    SLUICE_CO_TRY(DatagramSocket socket,
                  co_await DatagramSocket::connect(reactor, "127.0.0.1", port));
    for (const std::string& text : texts) {
        auto sent = co_await socket.send(as_byte_span(text));
        EXPECT_TRUE(sent.ok()) << sent.error().message;
    }
    co_await socket.close();
    co_return Result<void>();
}

// What `receiver` gets until it has `count` datagrams.
Task<std::vector<std::string>> receive_all(DatagramReceiver& receiver, std::size_t count) {
    std::vector<std::string> texts;
    while (texts.size() < count) {
        const auto datagrams = co_await receiver.receive();
        if (!datagrams.ok()) break;
        for (const ByteSpan each : *datagrams) texts.emplace_back(as_text(each));
    }
    co_return texts;
}

TEST_F(DatagramOnRing, ComeWholeAndInTheirOrder) {
    auto receiver = DatagramReceiver::bind(reactor(), {"127.0.0.1", 0, 0, true});
    ASSERT_TRUE(receiver.ok()) << receiver.error().message;
    std::vector<std::string> texts = {"", "a", std::string(60'000, 'x')};
    for (int i = 0; i < 40; ++i) texts.push_back("datagram " + std::to_string(i));
    Task<std::vector<std::string>> receiving = receive_all(**receiver, texts.size());
    ASSERT_TRUE(run(send_all(reactor(), (*receiver)->port(), texts)).ok());
    EXPECT_EQ(run(std::move(receiving)), texts);
    EXPECT_EQ((*receiver)->dropped(), 0u);
    run((*receiver)->close());
}

TEST_F(DatagramOnRing, StopEndsTheWait) {
    auto receiver = DatagramReceiver::bind(reactor(), {"", 0, 0, true});
    ASSERT_TRUE(receiver.ok()) << receiver.error().message;
    Task<std::vector<std::string>> receiving = receive_all(**receiver, 1);
    reactor().turn(Reactor::Wait::kNo);
    (*receiver)->stop();
    EXPECT_TRUE(run(std::move(receiving)).empty());
    run((*receiver)->close());
}

TEST_F(DatagramOnRing, WhatTheKernelDropsIsCounted) {
    auto receiver = DatagramReceiver::bind(reactor(), {"127.0.0.1", 0, 4096, true});
    ASSERT_TRUE(receiver.ok()) << receiver.error().message;
    EXPECT_LE((*receiver)->buffer_bytes(), 8192u);
    const std::vector<std::string> texts(50, std::string(1000, 'x'));
    ASSERT_TRUE(run(send_all(reactor(), (*receiver)->port(), texts)).ok());
    const std::uint64_t dropped = (*receiver)->dropped();
    EXPECT_GT(dropped, 0u);
    EXPECT_LT(dropped, texts.size());
    EXPECT_EQ(run(receive_all(**receiver, texts.size() - dropped)).size(), texts.size() - dropped);
    run((*receiver)->close());
}

TEST_F(DatagramOnRing, CoresShareAPortAndOthersDoNot) {
    auto first = DatagramReceiver::bind(reactor(), {"127.0.0.1", 0, 0, true});
    ASSERT_TRUE(first.ok()) << first.error().message;
    const std::uint16_t port = (*first)->port();
    auto joined = DatagramReceiver::bind(reactor(), {"127.0.0.1", port, 0, false});
    EXPECT_TRUE(joined.ok()) << joined.error().message;
    const auto stranger = DatagramReceiver::bind(reactor(), {"127.0.0.1", port, 0, true});
    ASSERT_FALSE(stranger.ok());
    EXPECT_EQ(stranger.error().os_error, EADDRINUSE);
    run((*joined)->close());
    run((*first)->close());
}

}  // namespace
}  // namespace sluice::io
