// Sockets that speak TLS on a simulated machine: the same promises as those of plain ones.
#include <gtest/gtest.h>

#include <string>

#include "session_pair.h"
#include "sim_cores.h"
#include "sim_machine.h"
#include "sluice/io/socket.h"
#include "sluice/tls/context.h"

namespace sluice::io {
namespace {

using testing::Certified;

struct Ends {
    Socket server;
    Socket client;
};

class TlsStreams : public ::testing::Test {
protected:
    // Both ends of a connection, which have met.
    Task<Ends> meet(Reactor& reactor) {
        auto listener = Listener::listen(reactor, "", 0);
        SLUICE_CHECK(listener.ok());
        Task<Result<Socket>> accepting = listener->accept();
        auto client = co_await Socket::connect(reactor, "127.0.0.1", listener->port());
        auto server = co_await accepting;
        SLUICE_CHECK(client.ok() && server.ok());
        Task<Result<Socket::Greeting>> greeting = server->secure(server_);
        const auto connected = co_await client->secure(client_, "localhost");
        const auto accepted = co_await greeting;
        EXPECT_TRUE(accepted.ok() && connected.ok());
        listener->stop();
        co_await listener->close();
        co_return Ends{std::move(server).value(), std::move(client).value()};
    }
    static Task<void> close(Ends& ends) {
        co_await ends.client.close();
        co_await ends.server.close();
    }

    const Certified authority_ = testing::make_authority("authority");
    const std::shared_ptr<tls::Context> server_ =
        testing::server_context(testing::make_certificate(authority_, {}));
    const std::shared_ptr<tls::Context> client_ = testing::client_context(authority_);
};

std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
    return text;
}

Task<std::string> receive(Socket& socket, std::size_t size, bool in_place) {
    std::string text;
    if (in_place) {
        text.resize(size);
        const MutableByteSpan into(reinterpret_cast<std::byte*>(text.data()), size);
        const auto count = co_await socket.receive_into(into);
        text.resize(count.ok() ? *count : 0);
        co_return text;
    }
    while (text.size() < size) {
        const auto bytes = co_await socket.receive();
        if (!bytes.ok() || bytes->empty()) break;
        text += as_text(*bytes);
    }
    co_return text;
}

TEST_F(TlsStreams, CarryWhatIsSentInPlaceAndInPieces) {
    for (const std::size_t size : {1u, 16383u, 16384u, 16385u, 65536u, 500'000u}) {
        for (const bool in_place : {false, true}) {
            SimMachine machine(1);
            const auto run = [&]() -> Task<void> {
                Ends ends = co_await meet(machine.reactor());
                const std::string text = pattern(size);
                const ByteSpan bytes = as_byte_span(text);
                Task<std::string> receiving = receive(ends.server, size, in_place);
                const auto sent =
                    co_await ends.client.send2(bytes.first(size / 3), bytes.subspan(size / 3));
                EXPECT_TRUE(sent.ok());
                const std::string got = co_await receiving;
                EXPECT_EQ(got, text);
                co_await close(ends);
            };
            machine.run(run());
        }
    }
}

TEST_F(TlsStreams, TellTheEndAndLetTheOtherHalfGoOn) {
    SimMachine machine(1);
    const auto run = [&]() -> Task<void> {
        Ends ends = co_await meet(machine.reactor());
        const auto finished = co_await ends.client.finish_sending();
        EXPECT_TRUE(finished.ok());
        const auto end = co_await ends.server.receive();
        EXPECT_TRUE(end.ok() && end->empty());
        const auto sent = co_await ends.server.send(as_byte_span("answer"));
        EXPECT_TRUE(sent.ok());
        const std::string got = co_await receive(ends.client, 6, false);
        EXPECT_EQ(got, "answer");
        co_await close(ends);
    };
    machine.run(run());
}

TEST_F(TlsStreams, KeepTheirDeadlines) {
    SimMachine machine(1);
    const auto run = [&]() -> Task<void> {
        Reactor& reactor = machine.reactor();
        Ends ends = co_await meet(reactor);
        ends.server.set_deadline_ns(reactor.monotonic_ns() + kSecondNs);
        const auto received = co_await ends.server.receive();
        EXPECT_TRUE(!received.ok() && received.error().kind == ErrorKind::kCancelled);
        co_await close(ends);
    };
    machine.run(run());
}

TEST_F(TlsStreams, EndAHandshakeThatIsNotGoneOnWith) {
    SimMachine machine(1);
    const auto run = [&]() -> Task<void> {
        Reactor& reactor = machine.reactor();
        auto listener = Listener::listen(reactor, "", 0);
        Task<Result<Socket>> accepting = listener->accept();
        auto client = co_await Socket::connect(reactor, "127.0.0.1", listener->port());
        auto server = co_await accepting;
        server->set_deadline_ns(reactor.monotonic_ns() + kSecondNs);
        const auto greeted = co_await server->secure(server_);
        EXPECT_TRUE(!greeted.ok() && greeted.error().kind == ErrorKind::kCancelled);
        co_await client->close();
        co_await server->close();
        listener->stop();
        co_await listener->close();
    };
    machine.run(run());
}

TEST_F(TlsStreams, SeePlainHttpAndStayPlain) {
    SimMachine machine(1);
    const auto run = [&]() -> Task<void> {
        Reactor& reactor = machine.reactor();
        auto listener = Listener::listen(reactor, "", 0);
        Task<Result<Socket>> accepting = listener->accept();
        auto client = co_await Socket::connect(reactor, "127.0.0.1", listener->port());
        auto server = co_await accepting;
        Task<Result<Socket::Greeting>> greeting = server->secure(server_);
        auto sent = co_await client->send(as_byte_span("GET / HTTP/1.1\r\n\r\n"));
        const auto greeted = co_await greeting;
        EXPECT_TRUE(greeted.ok() && *greeted == Socket::Greeting::kPlain);
        EXPECT_FALSE(server->is_secure());
        sent = co_await server->send(as_byte_span("no"));
        EXPECT_TRUE(sent.ok());
        const std::string got = co_await receive(*client, 2, false);
        EXPECT_EQ(got, "no");
        co_await client->close();
        co_await server->close();
        listener->stop();
        co_await listener->close();
    };
    machine.run(run());
}

}  // namespace
}  // namespace sluice::io
