// Connections and calls between cores on a simulated machine, with and without faults.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "sim_cores.h"
#include "sim_machine.h"
#include "sluice/io/gate.h"
#include "sluice/io/mailbox.h"
#include "sluice/io/socket.h"

namespace sluice::io {
namespace {

std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

// Sends `size` bytes and ends its stream; true if all could be sent.
Task<bool> send_all(Reactor& reactor, std::uint16_t port, std::string text) {
    auto socket = co_await Socket::connect(reactor, "127.0.0.1", port);
    if (!socket.ok()) co_return false;
    const ByteSpan bytes = as_byte_span(text);
    auto sent =
        co_await socket->send2(bytes.first(bytes.size() / 3), bytes.subspan(bytes.size() / 3));
    bool ok = sent.ok();
    if (ok) ok = (co_await socket->finish_sending()).ok();
    // The other side closes first: closing before it has read would be a reset.
    if (ok) ok = (co_await socket->receive()).ok();
    co_await socket->close();
    co_return ok;
}

// Everything up to the end of the stream; the tail after `head` bytes goes straight into place.
Task<Result<std::string>> receive_all(Listener& listener, std::size_t head, std::size_t size) {
    SLUICE_CO_TRY(Socket socket, co_await listener.accept());
    std::string text;
    Result<void> result;
    bool ended = false;
    while (result.ok() && !ended && text.size() < head) {
        auto bytes = co_await socket.receive();
        if (!bytes.ok()) {
            result = std::move(bytes).error();
        } else {
            ended = bytes->empty();
            text += as_text(*bytes);
        }
    }
    if (result.ok() && !ended && text.size() < size) {
        std::string tail(size - text.size(), '?');
        auto got =
            co_await socket.receive_into({reinterpret_cast<std::byte*>(tail.data()), tail.size()});
        if (got.ok()) {
            text += tail.substr(0, *got);
        } else {
            result = std::move(got).error();
        }
    }
    co_await socket.close();
    SLUICE_CO_TRY_VOID(std::move(result));
    co_return text;
}

Task<void> transfer(Reactor& reactor, std::size_t head, std::size_t size, bool faults) {
    auto listener = Listener::listen(reactor, "", 0);
    SLUICE_CHECK(listener.ok());
    const std::string text = pattern(size);
    Task<Result<std::string>> server = receive_all(*listener, head, size);
    const bool sent = co_await send_all(reactor, listener->port(), text);
    if (!sent) listener->stop();
    auto received = co_await server;
    if (!faults) {
        EXPECT_TRUE(sent);
    }
    if (sent && received.ok()) {
        EXPECT_EQ(*received, text);
    } else if (received.ok()) {
        EXPECT_EQ(*received, text.substr(0, received->size()));
    }
    co_await listener->close();
}

TEST(SimNetwork, DeliversEveryByteInOrderHoweverReadsSplit) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SimMachine machine(seed);
        const std::size_t size = std::size_t{1} << (seed % 19);
        machine.run(transfer(machine.reactor(), seed % 3 == 0 ? size : 1 + size / 10, size, false));
        EXPECT_EQ(machine.backend().in_flight(), 0u);
    }
}

TEST(SimNetwork, LosesNoByteSilentlyWhenConnectionsBreak) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        SimOptions options;
        options.faults = SimFaults::some(0.01);
        options.receive_buffer_count = 4;
        SimMachine machine(seed, options);
        const std::size_t size = std::size_t{1} << (seed % 19);
        machine.run(transfer(machine.reactor(), 1 + size / 10, size, true));
        EXPECT_EQ(machine.backend().in_flight(), 0u) << "seed " << seed;
    }
}

Task<void> never_answer(Reactor& reactor) {
    auto listener = Listener::listen(reactor, "", 0);
    SLUICE_CHECK(listener.ok());
    auto client = co_await Socket::connect(reactor, "", listener->port());
    SLUICE_CHECK(client.ok());
    auto server = co_await listener->accept();
    SLUICE_CHECK(server.ok());
    const std::int64_t begin_ns = reactor.precise_ns();
    server->set_deadline_ns(begin_ns + kSecondNs);
    auto bytes = co_await server->receive();
    EXPECT_FALSE(bytes.ok());
    EXPECT_GE(reactor.precise_ns() - begin_ns, kSecondNs);
    server->set_deadline_ns(0);
    EXPECT_TRUE((co_await client->send(as_byte_span("late"))).ok());
    auto late = co_await server->receive();
    EXPECT_TRUE(late.ok());
    co_await server->close();
    co_await client->close();
    co_await listener->close();
}

TEST(SimNetwork, EndsAReceiveAtItsDeadlineAndGoesOnAfterANewOne) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimMachine machine(seed);
        machine.run(never_answer(machine.reactor()));
    }
}

Task<void> shut_down_under_receive(Reactor& reactor) {
    auto listener = Listener::listen(reactor, "", 0);
    SLUICE_CHECK(listener.ok());
    auto client = co_await Socket::connect(reactor, "", listener->port());
    auto server = co_await listener->accept();
    SLUICE_CHECK(client.ok() && server.ok());
    Task<Result<ByteSpan>> receiving = server->receive();
    std::vector<std::byte> body(100'000);
    Task<Result<std::size_t>> into = client->receive_into(body);
    co_await reactor.sleep_ns(kMillisecondNs);
    server->shutdown();
    client->shutdown();
    auto first = co_await receiving;
    auto second = co_await into;
    EXPECT_EQ(first.error().kind, ErrorKind::kCancelled);
    EXPECT_EQ(second.error().kind, ErrorKind::kCancelled);
    co_await server->close();
    co_await client->close();
    co_await listener->close();
}

TEST(SimNetwork, EndsWhatIsPendingAtShutdown) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimMachine machine(seed);
        machine.run(shut_down_under_receive(machine.reactor()));
        EXPECT_EQ(machine.backend().in_flight(), 0u);
    }
}

Task<int> double_later(int value) {
    co_await Reactor::current().sleep_ns(kMillisecondNs);
    co_return 2 * value;
}
Task<void> call_all(Reactor& reactor, std::uint32_t count, int& answers) {
    for (std::uint32_t core = 0; core < count; ++core) {
        const auto where = co_await call_on(core, [] { return Reactor::current().core(); });
        EXPECT_EQ(where, core);
        const int doubled =
            co_await call_on(core, [core] { return double_later(static_cast<int>(core)); });
        EXPECT_EQ(doubled, 2 * static_cast<int>(core));
        EXPECT_EQ(Reactor::current().core(), reactor.core());
        ++answers;
    }
}

TEST(SimCores, CallEachOtherInOneThread) {
    std::array<std::vector<std::int64_t>, 2> ends;
    for (std::vector<std::int64_t>& end : ends) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            SimWorld world(seed);
            SimCores cores(world, 4);
            int answers = 0;
            cores.run([&](Reactor& reactor) { return call_all(reactor, 4, answers); });
            EXPECT_EQ(answers, 16);
            end.push_back(world.now_ns());
        }
    }
    EXPECT_EQ(ends[0], ends[1]) << "equal seeds must give equal runs";
}

TEST(SimCores, VanishAtACrashWhateverTheyDo) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        SimWorld world(seed);
        SimCores cores(world, 3);
        int answers = 0;
        cores.start([&](Reactor& reactor) { return call_all(reactor, 3, answers); });
        cores.run_for(static_cast<std::int64_t>(seed) * 100'000);
        [[maybe_unused]] const SimDisk disk = world.crash();
    }
}

// Counts how many of it there are.
struct Counted {
    explicit Counted(int& count_) : count(&count_) { ++*count; }
    Counted(const Counted& other) : count(other.count) { ++*count; }
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --*count; }
    int* count;
};

Task<void> wait_a_little(Counted) {
    co_await Reactor::current().sleep_ns(kMillisecondNs);
}

// More notices than a ring holds, some of which take their time.
Task<void> post_notices(Reactor& reactor, int& alive) {
    for (int i = 0; i < 600; ++i) {
        const std::uint32_t to = (reactor.core() + 1) % 3;
        const Counted counted(alive);
        if (i % 2 == 0) {
            post_to(to, [counted] { (void)counted; });
        } else {
            post_to(to, [counted]() -> Task<void> { return wait_a_little(counted); });
        }
        if (i % 100 == 0) co_await reactor.yield();
    }
}

TEST(SimCores, LeaveNoNoticesBehindAtACrash) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        int alive = 0;
        SimWorld world(seed);
        {
            SimCores cores(world, 3);
            cores.start(
                [&alive](Reactor& reactor) -> Task<void> { return post_notices(reactor, alive); });
            for (std::uint64_t turns = world.random().below(6); turns > 0; --turns) cores.turn();
            world.crash();
        }
        EXPECT_EQ(alive, 0) << "seed " << seed;
    }
}

}  // namespace
}  // namespace sluice::io
