// Forwarding of writes: the request, the queue and its bounds, and destinations that refuse.
#include "server/forward/forwarder.h"

#include <gtest/gtest.h>

#include "forward/sim_destination.h"
#include "sim_machine.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

ForwardedWrite write_of(std::string lines, std::uint64_t points = 1) {
    ForwardedWrite write;
    write.database = "my db";
    write.retention_policy = "autogen";
    write.lines = std::make_shared<const std::string>(std::move(lines));
    write.points = points;
    return write;
}

meta::Subscription subscription_of(meta::SubscriptionMode mode,
                                   std::vector<std::string> destinations) {
    meta::Subscription made;
    made.name = "s";
    made.mode = mode;
    made.destinations = std::move(destinations);
    return made;
}

class ForwarderTest : public testing::Test {
protected:
    ~ForwarderTest() override {
        if (forwarder_ != nullptr) machine_.run(forwarder_->stop());
        for (auto& each : servers_) machine_.run(each->stop());
    }
    test::SimDestination& serve(std::uint16_t port) {
        servers_.push_back(std::make_unique<test::SimDestination>(machine_.reactor(), port));
        return *servers_.back();
    }
    static ForwardLimits limits() {
        ForwardLimits limits;
        limits.timeout_ns = 10 * kSecondNs;
        limits.writes_max = 4;
        limits.bytes_max = 100;
        limits.senders_max = 1;
        return limits;
    }
    Forwarder& forward(std::vector<std::string> destinations,
                       meta::SubscriptionMode mode = meta::SubscriptionMode::kAll,
                       const ForwardLimits& bounds = limits()) {
        forwarder_ =
            std::make_unique<Forwarder>(machine_.reactor(),
                                        std::make_shared<const meta::Subscription>(
                                            subscription_of(mode, std::move(destinations))),
                                        bounds, trust_);
        return *forwarder_;
    }
    static io::Task<void> nap(io::Reactor& reactor, std::int64_t duration_ns) {
        co_await reactor.sleep_ns(duration_ns);
    }
    void pass(std::int64_t duration_ns = kSecondNs) {
        machine_.run(nap(machine_.reactor(), duration_ns));
    }

    TlsTrust trust_{
        [] { return tls::Context::for_client({}); }};  // for https, of which there is none
    io::SimMachine machine_;
    std::vector<std::unique_ptr<test::SimDestination>> servers_;
    std::unique_ptr<Forwarder> forwarder_;
};

using Texts = std::vector<std::string>;

// But for the space, which Go writes as a plus sign.
TEST_F(ForwarderTest, SendsWhatInfluxDBsClientWouldSend) {
    test::SimDestination& server = serve(8086);
    Forwarder& forwarder = forward({"http://user:pass@127.0.0.1:8086"});
    ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
    pass();
    ASSERT_EQ(server.bodies, Texts{"m v=1 1\n"});
    EXPECT_EQ(server.heads[0],
              "POST /write?consistency=&db=my%20db&precision=ns&rp=autogen HTTP/1.1\r\n"
              "Host: 127.0.0.1:8086\r\n"
              "User-Agent: InfluxDBClient\r\n"
              "Authorization: Basic dXNlcjpwYXNz\r\n"
              "Content-Length: 8\r\n\r\n");
    EXPECT_EQ(forwarder.counts().points_written, 1u);
    EXPECT_EQ(forwarder.counts().write_failures, 0u);
}

TEST_F(ForwarderTest, KeepsOneConnectionForWritesThatFollow) {
    test::SimDestination& server = serve(8086);
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    for (const char* lines : {"a v=1 1\n", "b v=1 1\n", "c v=1 1\n"}) {
        ASSERT_TRUE(forwarder.add(write_of(lines)));
    }
    pass();
    EXPECT_EQ(server.bodies, (Texts{"a v=1 1\n", "b v=1 1\n", "c v=1 1\n"}));
    EXPECT_EQ(server.connections, 1u);
    pass(kMinuteNs);  // without work it is closed, and the next write opens another
    ASSERT_TRUE(forwarder.add(write_of("d v=1 1\n")));
    pass();
    EXPECT_EQ(server.connections, 2u);
    EXPECT_EQ(server.bodies.size(), 4u);
}

TEST_F(ForwarderTest, AConnectionThatWasClosedMeanwhileIsOpenedAgain) {
    test::SimDestination& server = serve(8086);
    server.closes_after_answer = true;
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
        pass();
    }
    EXPECT_EQ(server.bodies.size(), 3u);
    EXPECT_EQ(server.connections, 3u);
    EXPECT_EQ(forwarder.counts().points_written, 3u);
    EXPECT_EQ(forwarder.counts().write_failures, 0u);
}

TEST_F(ForwarderTest, ARefusalIsCountedAndTheNextWriteIsSent) {
    test::SimDestination& server = serve(8086);
    server.answers = {"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad", ""};
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n", 5)));
        pass();
    }
    EXPECT_EQ(forwarder.destination_counts()[0].points_written +
                  5 * forwarder.destination_counts()[0].write_failures,
              15u);
    EXPECT_GE(forwarder.counts().write_failures, 1u);
    EXPECT_GE(forwarder.counts().points_written, 5u);
}

TEST_F(ForwarderTest, ADestinationThatDoesNotAnswerIsGivenUpAtTheTimeout) {
    test::SimDestination& server = serve(8086);
    server.answers = {"wait"};
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
    pass(9 * kSecondNs);
    EXPECT_EQ(forwarder.counts().write_failures, 0u);
    pass(2 * kSecondNs);
    EXPECT_EQ(forwarder.counts().write_failures, 1u);
}

TEST_F(ForwarderTest, NobodyThereIsAFailureOfEachWrite) {
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
        pass();
    }
    EXPECT_EQ(forwarder.counts().write_failures, 3u);
    EXPECT_EQ(forwarder.destination_counts()[0].write_failures, 3u);
}

TEST_F(ForwarderTest, AllGoesToEveryDestinationAndFailsIfOneDoes) {
    test::SimDestination& one = serve(8086);
    test::SimDestination& two = serve(8087);
    Forwarder& forwarder =
        forward({"http://127.0.0.1:8086", "http://127.0.0.1:8087", "http://127.0.0.1:8088"});
    ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n", 7)));
    pass();
    EXPECT_EQ(one.bodies.size(), 1u);
    EXPECT_EQ(two.bodies.size(), 1u);
    EXPECT_EQ(forwarder.destination_counts()[0].points_written, 7u);
    EXPECT_EQ(forwarder.destination_counts()[1].points_written, 7u);
    EXPECT_EQ(forwarder.destination_counts()[2].write_failures, 1u);
    EXPECT_EQ(forwarder.counts().write_failures, 1u) << "a write counts once";
    EXPECT_EQ(forwarder.counts().points_written, 0u);
}

TEST_F(ForwarderTest, AnyTakesTurnsAndGoesOnWhereOneRefuses) {
    test::SimDestination& one = serve(8086);
    test::SimDestination& two = serve(8087);
    Forwarder& forwarder =
        forward({"http://127.0.0.1:8086", "http://127.0.0.1:8087"}, meta::SubscriptionMode::kAny);
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
        pass();
    }
    EXPECT_EQ(one.bodies.size(), 2u);
    EXPECT_EQ(two.bodies.size(), 2u);
    one.answers = {"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"};
    ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
    pass();
    EXPECT_EQ(two.bodies.size(), 3u) << "the next one took it";
    EXPECT_EQ(forwarder.destination_counts()[0].write_failures, 1u);
}

TEST_F(ForwarderTest, TheQueueIsBoundedByWrites) {
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    std::size_t taken = 0;
    while (forwarder.add(write_of("m v=1 1\n"))) ++taken;
    // One may be under way.
    EXPECT_GE(taken, 4u);
    EXPECT_LE(taken, 5u);
    EXPECT_FALSE(forwarder.has_room(1));
    EXPECT_EQ(forwarder.counts().write_failures, 1u) << "the one that had no room";
    pass(kMinuteNs);
    EXPECT_TRUE(forwarder.has_room(1));
}

TEST_F(ForwarderTest, TheQueueIsBoundedByBytes) {
    ForwardLimits few = limits();
    few.senders_max = 0;  // nothing leaves the queue
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"}, meta::SubscriptionMode::kAll, few);
    EXPECT_TRUE(forwarder.has_room(1000)) << "a larger one is taken when it is alone";
    ASSERT_TRUE(forwarder.add(write_of(std::string(60, 'x'))));
    EXPECT_TRUE(forwarder.has_room(40));
    EXPECT_FALSE(forwarder.has_room(41));
    EXPECT_FALSE(forwarder.add(write_of(std::string(41, 'x'))));
    EXPECT_TRUE(forwarder.add(write_of(std::string(40, 'x'))));
    EXPECT_FALSE(forwarder.has_room(1));
}

TEST_F(ForwarderTest, WhatHasLeftTheQueueMakesRoom) {
    test::SimDestination& server = serve(8086);
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    for (int i = 0; i < 5; ++i) {
        ASSERT_TRUE(forwarder.add(write_of(std::string(90, 'x'))));
        pass();
    }
    server.answers = {"wait"};  // this one is under way, and the next two wait
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(forwarder.add(write_of(std::string(40, 'x')))) << i;
        pass();
    }
    EXPECT_FALSE(forwarder.has_room(21));
    EXPECT_TRUE(forwarder.has_room(20));
}

TEST_F(ForwarderTest, AWriteWithoutLinesIsAFailure) {
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    ForwardedWrite none = write_of("");
    none.lines = nullptr;
    EXPECT_FALSE(forwarder.add(none));
    EXPECT_EQ(forwarder.counts().write_failures, 1u);
}

TEST_F(ForwarderTest, SeveralSendersWorkAtTheSameTime) {
    test::SimDestination& server = serve(8086);
    server.answers = {"wait", "wait", "wait"};
    ForwardLimits several = limits();
    several.senders_max = 3;
    Forwarder& forwarder =
        forward({"http://127.0.0.1:8086"}, meta::SubscriptionMode::kAll, several);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
    pass();
    EXPECT_EQ(server.connections, 3u);
    EXPECT_EQ(server.bodies.size(), 3u);
}

TEST_F(ForwarderTest, AStopDropsWhatWaitsAndGivesUpWhatIsUnderWay) {
    test::SimDestination& server = serve(8086);
    server.answers = {"wait"};
    Forwarder& forwarder = forward({"http://127.0.0.1:8086"});
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(forwarder.add(write_of("m v=1 1\n")));
    pass();
    const std::int64_t begin = machine_.reactor().monotonic_ns();
    machine_.run(forwarder.stop());
    EXPECT_LT(machine_.reactor().monotonic_ns() - begin, kSecondNs);
    EXPECT_EQ(server.bodies.size(), 1u);
    EXPECT_FALSE(forwarder.add(write_of("m v=1 1\n")));
    forwarder_.reset();
}

}  // namespace
}  // namespace sluice::server
