// A server on the simulated network that takes forwarded writes, and answers as it is told.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/io/gate.h"
#include "sluice/io/reactor.h"
#include "sluice/io/socket.h"

namespace sluice::server::test {

inline constexpr std::string_view kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";

// stop() completes before destruction.
class SimDestination {
public:
    SimDestination(io::Reactor& reactor, std::uint16_t port) : listener_(listen(reactor, port)) {
        gate_.spawn(serve());
    }
    io::Task<void> stop() {
        stopping_ = true;
        listener_.stop();
        for (io::Socket* each : open_) each->shutdown();
        co_await gate_.close();
        co_await listener_.close();
    }

    // What comes next is answered by the first of these, and is gone; without any, by 204. An empty
    // answer closes the connection, and "wait" leaves it open without one.
    std::deque<std::string> answers;
    // Closes each connection behind its answer, without saying so.
    bool closes_after_answer = false;

    std::vector<std::string> heads;   // in the order in which they came
    std::vector<std::string> bodies;  // likewise
    std::size_t connections = 0;

private:
    static io::Listener listen(io::Reactor& reactor, std::uint16_t port) {
        auto made = io::Listener::listen(reactor, "127.0.0.1", port);
        SLUICE_CHECK(made.ok());
        return std::move(*made);
    }
    io::Task<void> serve() {
        while (!stopping_) {
            auto accepted = co_await listener_.accept();
            if (!accepted.ok()) break;
            ++connections;
            gate_.spawn(serve_connection(std::move(*accepted)));
        }
    }
    io::Task<void> serve_connection(io::Socket socket) {
        open_.push_back(&socket);
        std::string input;
        while (!stopping_) {
            auto received = co_await socket.receive();
            if (!received.ok() || received->empty()) break;
            input += as_text(*received);
            socket.release();
            const std::size_t body = body_begin(input);
            if (body == std::string::npos || input.size() < body + length_of(input)) continue;
            heads.push_back(input.substr(0, body));
            bodies.push_back(input.substr(body));
            input.clear();
            std::string answer(kNoContent);
            if (!answers.empty()) {
                answer = answers.front();
                answers.pop_front();
            }
            if (answer.empty()) break;
            if (answer == "wait") continue;
            const auto sent = co_await socket.send(as_byte_span(std::string_view(answer)));
            if (!sent.ok() || closes_after_answer) break;
        }
        std::erase(open_, &socket);
        co_await socket.close();
    }
    static std::size_t body_begin(const std::string& input) {
        const std::size_t end = input.find("\r\n\r\n");
        return end == std::string::npos ? end : end + 4;
    }
    static std::size_t length_of(const std::string& input) {
        constexpr std::string_view kName = "Content-Length: ";
        return std::stoul(input.substr(input.find(kName) + kName.size()));
    }

    io::Listener listener_;
    io::Gate gate_;
    std::vector<io::Socket*> open_;
    bool stopping_ = false;
};

}  // namespace sluice::server::test
