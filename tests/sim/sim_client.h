// A SimClient is one HTTP client of a server on the simulated network: it sends requests over a
// connection that it keeps, and reads answers whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/reactor.h"
#include "sluice/io/socket.h"
#include "sluice/io/task.h"

namespace sluice::server {

struct SimAnswer {
    int status = 0;
    std::string body;
};

// It belongs to one reactor. close() completes before destruction, unless the world has crashed.
class SimClient {
public:
    SimClient(io::Reactor& reactor, std::uint16_t port) : reactor_(reactor), port_(port) {}

    // Sends the request and reads its answer. An error means that the connection was lost, or that
    // no answer came within a minute: what became of the request is not known.
    io::Task<Result<SimAnswer>> ask(std::string request);
    // Its two halves. Several requests may be sent before their answers are read.
    io::Task<Result<void>> send(std::string bytes);
    io::Task<Result<SimAnswer>> receive();
    // Reads some bytes, whatever they are, and forgets them.
    io::Task<void> receive_some();
    // The next request opens a new connection.
    io::Task<void> close();

    // Whether the last error was the minute.
    bool timed_out() const { return timed_out_; }

private:
    io::Task<Result<void>> open();
    io::Task<Result<void>> receive_more();
    Error lost(Error error);

    io::Reactor& reactor_;
    const std::uint16_t port_;
    io::Socket socket_;
    std::string input_;  // received and not yet read
    bool timed_out_ = false;
};

// A request with a body, which may be empty. `target` is as in the request line.
std::string make_request(std::string_view method, std::string_view target,
                         std::string_view body = {}, std::string_view headers = {});
// The same in chunks of `chunk` bytes.
std::string make_chunked_request(std::string_view method, std::string_view target,
                                 std::string_view body, std::size_t chunk);
// As a query's parameter.
std::string percent_encoded(std::string_view text);

}  // namespace sluice::server
