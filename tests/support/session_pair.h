// Two sessions that talk to each other through strings.
#pragma once

#include <string>
#include <vector>

#include "certificates.h"
#include "sluice/base/check.h"
#include "sluice/tls/session.h"

namespace sluice::testing {

inline std::shared_ptr<tls::Context> server_context(const Certified& certified,
                                                    tls::ServerOptions options = {},
                                                    const tls::TicketKeys& keys = {}) {
    options.certificates = {"cert.pem", certified.certificate};
    options.private_key = {"key.pem", certified.key};
    auto made = tls::Context::for_server(options, keys);
    SLUICE_CHECK(made.ok());
    return std::move(made).value();
}

inline std::shared_ptr<tls::Context> client_context(const Certified& authority) {
    tls::ClientOptions options;
    options.authorities = {"ca.pem", authority.certificate};
    auto made = tls::Context::for_client(options);
    SLUICE_CHECK(made.ok());
    return std::move(made).value();
}

// Gives one session what another has to say, at most `piece` bytes at a time.
class Wire {
public:
    explicit Wire(tls::Session& to, std::size_t piece = ~std::size_t{0}) : to_(to), piece_(piece) {}

    void take(tls::Session& from) {
        std::vector<std::byte> bytes;
        from.take_output(bytes);
        add(bytes);
    }
    void add(ByteSpan bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    // Whether there is something to read, given just now or before.
    bool give() {
        if (to_.has_input()) return true;
        if (at_ == bytes_.size()) return false;
        given_.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(at_),
                      bytes_.begin() +
                          static_cast<std::ptrdiff_t>(at_ + std::min(piece_, bytes_.size() - at_)));
        at_ += given_.size();
        to_.set_input(given_);
        return true;
    }

private:
    tls::Session& to_;
    const std::size_t piece_;
    std::vector<std::byte> bytes_;
    std::vector<std::byte> given_;
    std::size_t at_ = 0;
};

struct SessionPair {
    SessionPair(std::shared_ptr<tls::Context> server_side,
                std::shared_ptr<tls::Context> client_side, const std::string& name = "localhost",
                std::size_t piece = ~std::size_t{0})
        : server(std::move(server_side)),
          client(std::move(client_side), name),
          to_server(server, piece),
          to_client(client, piece) {}

    // Both are kDone after a good one.
    void shake_hands() {
        for (bool moved = true; moved;) {
            moved = false;
            client_step = client.handshake();
            to_server.take(client);
            while (to_server.give()) {
                moved = true;
                server_step = server.handshake();
                if (server_step != tls::Step::kWantInput) break;
            }
            to_client.take(server);
            while (to_client.give()) {
                moved = true;
                client_step = client.handshake();
                if (client_step != tls::Step::kWantInput) break;
            }
            if (server_step == tls::Step::kFailed || client_step == tls::Step::kFailed) break;
            if (server_step == tls::Step::kDone && client_step == tls::Step::kDone) break;
        }
    }
    bool have_met() const {
        return server_step == tls::Step::kDone && client_step == tls::Step::kDone;
    }

    tls::Session server;
    tls::Session client;
    Wire to_server;
    Wire to_client;
    tls::Step server_step = tls::Step::kWantInput;
    tls::Step client_step = tls::Step::kWantInput;
};

// Everything that can be read with what has been given; the step that ended it.
inline tls::Step read_all(tls::Session& session, std::string& into) {
    std::string buffer(tls::kRecordBytesMax, ' ');
    for (;;) {
        const tls::Session::Read read =
            session.read({reinterpret_cast<std::byte*>(buffer.data()), buffer.size()});
        if (read.step != tls::Step::kDone) return read.step;
        into.append(buffer, 0, read.bytes);
    }
}

}  // namespace sluice::testing
