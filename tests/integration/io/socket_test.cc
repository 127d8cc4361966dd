// Connections over the loopback interface: what clients may do, on the real ring.
#include "sluice/io/socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "ring_fixture.h"
#include "sluice/io/gate.h"

namespace sluice::io {
namespace {

class SocketOnRing : public RingFixture {};

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    std::uint32_t state = 12345;
    for (std::byte& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::byte>(state >> 24);
    }
    return bytes;
}

// Sends back what it gets until the peer ends its stream.
Task<void> echo(Socket socket) {
    for (;;) {
        auto bytes = co_await socket.receive();
        if (!bytes.ok() || bytes->empty()) break;
        auto sent = co_await socket.send(*bytes);
        if (!sent.ok()) break;
    }
    co_await socket.close();
}

Task<Result<std::string>> ask(Reactor& reactor, std::uint16_t port, std::string question) {
    SLUICE_CO_TRY(Socket socket, co_await Socket::connect(reactor, "127.0.0.1", port));
    SLUICE_CO_TRY_VOID(co_await socket.send(as_byte_span(question)));
    std::string answer;
    while (answer.size() < question.size()) {
        SLUICE_CO_TRY(const ByteSpan bytes, co_await socket.receive());
        if (bytes.empty()) break;
        answer += as_text(bytes);
    }
    co_await socket.close();
    co_return answer;
}

Task<void> serve_echo(Listener& listener, Gate& gate) {
    for (;;) {
        auto socket = co_await listener.accept();
        if (!socket.ok()) break;
        gate.spawn(echo(std::move(*socket)));
    }
}

Task<Result<void>> echo_many(Reactor& reactor, int count) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    Gate gate;
    Task<void> server = serve_echo(listener, gate);
    for (int i = 0; i < count; ++i) {
        const std::string question = "question " + std::to_string(i);
        auto answer = co_await ask(reactor, listener.port(), question);
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        if (answer.ok()) {
            EXPECT_EQ(*answer, question);
        }
    }
    listener.stop();
    co_await server;
    co_await gate.close();
    co_await listener.close();
    co_return Result<void>();
}

TEST_F(SocketOnRing, AnswersManyConnections) {
    const auto result = run(echo_many(reactor(), 200));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

Task<Result<void>> receive_body(Listener& listener, std::size_t head, std::size_t size,
                                std::vector<std::byte>& into, bool& at_end) {
    SLUICE_CO_TRY(Socket socket, co_await listener.accept());
    into.resize(size);
    std::size_t filled = 0;
    // As a server does: the head arrives with some of the body behind it.
    while (filled < head) {
        auto bytes = co_await socket.receive();
        if (!bytes.ok() || bytes->empty()) break;
        std::memcpy(into.data() + filled, bytes->data(), bytes->size());
        filled += bytes->size();
    }
    auto got = co_await socket.receive_into(MutableByteSpan(into).subspan(filled));
    if (got.ok()) filled += *got;
    EXPECT_EQ(filled, size);
    auto after = co_await socket.receive();
    at_end = after.ok() && after->empty();
    co_await socket.close();
    if (!got.ok()) co_return std::move(got).error();
    co_return Result<void>();
}

Task<Result<void>> send_body(Reactor& reactor, std::size_t size, std::size_t piece) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    const std::vector<std::byte> body = pattern(size);
    std::vector<std::byte> received;
    bool at_end = false;
    Task<Result<void>> server =
        receive_body(listener, std::min<std::size_t>(1, size), size, received, at_end);
    {
        SLUICE_CO_TRY(Socket socket,
                      co_await Socket::connect(reactor, "127.0.0.1", listener.port()));
        Result<void> sent;
        for (std::size_t at = 0; at < size && sent.ok(); at += piece) {
            const ByteSpan part = ByteSpan(body).subspan(at, std::min(piece, size - at));
            sent =
                co_await socket.send2(part.first(part.size() / 3), part.subspan(part.size() / 3));
        }
        EXPECT_TRUE(sent.ok());
        co_await socket.close();
    }
    auto result = co_await server;
    EXPECT_TRUE(result.ok());
    EXPECT_TRUE(at_end);
    EXPECT_TRUE(received == body) << "size " << size << " piece " << piece;
    co_await listener.close();
    co_return Result<void>();
}

TEST_F(SocketOnRing, ReceivesBodiesOfEverySizeInPlace) {
    for (const std::size_t size :
         {1ul, 100ul, 16384ul, 65535ul, 65536ul, 65537ul, 100'000ul, 1'000'000ul, 5'000'000ul}) {
        for (const std::size_t piece : {std::size_t{1000}, std::size_t{70'000}, size}) {
            if (size / piece > 5000) continue;
            const auto result = run(send_body(reactor(), size, piece));
            ASSERT_TRUE(result.ok()) << result.error().message;
        }
    }
}

Task<Result<void>> time_out(Reactor& reactor) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    SLUICE_CO_TRY(Socket client, co_await Socket::connect(reactor, "127.0.0.1", listener.port()));
    SLUICE_CO_TRY(Socket server, co_await listener.accept());
    server.set_deadline_ns(reactor.precise_ns() + 20 * kMillisecondNs);
    const std::int64_t begin_ns = reactor.precise_ns();
    auto bytes = co_await server.receive();
    EXPECT_FALSE(bytes.ok());
    if (!bytes.ok()) {
        EXPECT_EQ(bytes.error().kind, ErrorKind::kCancelled);
    }
    EXPECT_GE(reactor.precise_ns() - begin_ns, 19 * kMillisecondNs);

    // A body that never comes.
    server.set_deadline_ns(reactor.precise_ns() + 20 * kMillisecondNs);
    std::vector<std::byte> body(1'000'000);
    auto got = co_await server.receive_into(body);
    EXPECT_FALSE(got.ok());

    // A peer that does not read.
    server.set_deadline_ns(reactor.precise_ns() + 20 * kMillisecondNs);
    const std::vector<std::byte> flood(64'000'000);
    auto sent = co_await server.send(flood);
    EXPECT_FALSE(sent.ok());
    if (!sent.ok()) {
        EXPECT_EQ(sent.error().kind, ErrorKind::kCancelled);
    }
    co_await server.close();
    co_await client.close();
    co_await listener.close();
    co_return Result<void>();
}

TEST_F(SocketOnRing, GivesUpAtTheDeadline) {
    const auto result = run(time_out(reactor()));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

Task<void> receive_until_error(Socket& socket, bool& ended) {
    for (;;) {
        auto bytes = co_await socket.receive();
        if (!bytes.ok() || bytes->empty()) break;
    }
    ended = true;
}

Task<Result<void>> close_under_receive(Reactor& reactor) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    for (int i = 0; i < 50; ++i) {
        SLUICE_CO_TRY(Socket client,
                      co_await Socket::connect(reactor, "127.0.0.1", listener.port()));
        SLUICE_CO_TRY(Socket server, co_await listener.accept());
        bool ended = false;
        Task<void> receiver = receive_until_error(server, ended);
        const std::vector<std::byte> some(static_cast<std::size_t>(i) * 1000);
        EXPECT_TRUE((co_await client.send(some)).ok());
        if (i % 2 == 0) co_await reactor.yield();
        co_await server.close();
        EXPECT_TRUE(ended);
        co_await receiver;
        co_await client.close();
    }
    co_await listener.close();
    co_return Result<void>();
}

TEST_F(SocketOnRing, ClosesUnderAPendingReceive) {
    const auto result = run(close_under_receive(reactor()));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

class SocketWithFewBuffers : public SocketOnRing {
protected:
    UringOptions options() override {
        UringOptions options;
        options.receive_buffer_count = 4;
        options.receive_buffer_bytes = 1024;
        return options;
    }
};

Task<Result<void>> hold_all_buffers(Reactor& reactor) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    // A connection that receives and is never read takes every buffer; others go on.
    SLUICE_CO_TRY(Socket greedy, co_await Socket::connect(reactor, "127.0.0.1", listener.port()));
    SLUICE_CO_TRY(Socket idle, co_await listener.accept());
    const std::vector<std::byte> flood = pattern(100'000);
    EXPECT_TRUE((co_await greedy.send(flood)).ok());
    SLUICE_CO_TRY(const ByteSpan first, co_await idle.receive());
    EXPECT_FALSE(first.empty());
    std::size_t received = first.size();
    co_await reactor.sleep_ns(5 * kMillisecondNs);

    Gate gate;
    Task<void> server = serve_echo(listener, gate);
    for (int i = 0; i < 20; ++i) {
        const std::string question(5000, static_cast<char>('a' + i));
        auto answer = co_await ask(reactor, listener.port(), question);
        EXPECT_TRUE(answer.ok() && *answer == question);
    }
    while (received < flood.size()) {
        SLUICE_CO_TRY(const ByteSpan bytes, co_await idle.receive());
        if (bytes.empty()) break;
        EXPECT_EQ(std::memcmp(bytes.data(), flood.data() + received, bytes.size()), 0);
        received += bytes.size();
    }
    EXPECT_EQ(received, flood.size());
    listener.stop();
    co_await server;
    co_await gate.close();
    co_await idle.close();
    co_await greedy.close();
    co_await listener.close();
    EXPECT_GT(reactor.backend().metrics().buffers_exhausted.value(), 0u);
    co_return Result<void>();
}

TEST_F(SocketWithFewBuffers, GoesOnWhenTheBuffersRunOut) {
    const auto result = run(hold_all_buffers(reactor()));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

// Descriptors are made scarce for a while.
class FewDescriptors {
public:
    FewDescriptors() {
        getrlimit(RLIMIT_NOFILE, &before_);
        const int next = dup(0);
        rlimit few = before_;
        few.rlim_cur = static_cast<rlim_t>(next + 3);
        close(next);
        setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_;
};

Task<Result<void>> accept_without_descriptors(Reactor& reactor) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    std::vector<int> clients;
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener.port());
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    std::vector<Socket> accepted;
    for (int i = 0; i < 6; ++i) {
        clients.push_back(socket(AF_INET, SOCK_STREAM, 0));
        EXPECT_EQ(connect(clients.back(), reinterpret_cast<sockaddr*>(&address), sizeof address),
                  0);
    }
    {
        const FewDescriptors few;
        co_await reactor.sleep_ns(120 * kMillisecondNs);
    }
    for (int i = 0; i < 6; ++i) {
        auto socket = co_await listener.accept();
        EXPECT_TRUE(socket.ok());
        if (socket.ok()) accepted.push_back(std::move(*socket));
    }
    for (Socket& socket : accepted) co_await socket.close();
    for (const int client : clients) close(client);
    co_await listener.close();
    co_return Result<void>();
}

TEST_F(SocketOnRing, AcceptsAgainAfterDescriptorsRanOut) {
    const auto result = run(accept_without_descriptors(reactor()));
    EXPECT_TRUE(result.ok()) << result.error().message;
}

Task<Result<void>> refuse(Reactor& reactor) {
    SLUICE_CO_TRY(Listener listener, Listener::listen(reactor, "127.0.0.1", 0));
    const std::uint16_t port = listener.port();
    co_await listener.close();
    auto socket = co_await Socket::connect(reactor, "127.0.0.1", port);
    EXPECT_FALSE(socket.ok());
    EXPECT_FALSE(Listener::listen(reactor, "not an address", 0).ok());
    co_return Result<void>();
}

TEST_F(SocketOnRing, SaysSoWhenNobodyListens) {
    EXPECT_TRUE(run(refuse(reactor())).ok());
}

}  // namespace
}  // namespace sluice::io
