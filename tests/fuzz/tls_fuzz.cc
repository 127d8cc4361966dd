// TLS records from strangers, and from a peer whose bytes arrive in any pieces or are damaged.
//
// The first byte says which: bytes that open a session, or what two that have met say to each
// other.
#include <cstddef>
#include <cstdint>
#include <string>

#include "session_pair.h"

namespace {

using namespace sluice;

struct Contexts {
    testing::Certified authority = testing::make_authority("authority");
    std::shared_ptr<tls::Context> server =
        testing::server_context(testing::make_certificate(authority, {}));
    std::shared_ptr<tls::Context> client = testing::client_context(authority);
};

const Contexts& contexts() {
    static const Contexts made;
    return made;
}

void greet_stranger(ByteSpan bytes) {
    tls::Session server(contexts().server);
    if (!bytes.empty()) server.set_input(bytes);
    if (server.handshake() == tls::Step::kDone) std::abort();
    server.close();
}

// Two bytes an instruction: how much is said or given, and whether a bit of it is turned.
void talk(ByteSpan script) {
    testing::SessionPair pair(contexts().server, contexts().client);
    pair.shake_hands();
    if (!pair.have_met()) std::abort();
    std::string said;
    std::string heard;
    std::vector<std::byte> wire;
    std::vector<std::byte> piece;
    bool damaged = false;
    tls::Step step = tls::Step::kWantInput;
    for (std::size_t at = 0; at + 2 <= script.size() && step == tls::Step::kWantInput; at += 2) {
        const auto kind = static_cast<unsigned>(script[at]);
        const std::size_t count = (kind >> 2) * static_cast<unsigned>(script[at + 1]) + 1;
        if ((kind & 3) == 0) {
            const std::string text(count, static_cast<char>('a' + at % 26));
            if (pair.client.write(as_byte_span(text)) != tls::Step::kDone) std::abort();
            pair.client.take_output(piece);
            wire.insert(wire.end(), piece.begin(), piece.end());
            said += text;
            continue;
        }
        const std::size_t given = std::min(count, wire.size());
        if (given == 0) continue;
        piece.assign(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(given));
        wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(given));
        if ((kind & 3) == 3) {
            piece[count % given] ^= std::byte{1};
            damaged = true;
        }
        pair.server.set_input(piece);
        step = testing::read_all(pair.server, heard);
    }
    if (!said.starts_with(heard)) std::abort();
    if (!damaged && step != tls::Step::kWantInput) std::abort();
    if (step == tls::Step::kWantInput && !wire.empty()) {
        pair.server.set_input(wire);
        step = testing::read_all(pair.server, heard);
    }
    if (!damaged && heard != said) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan bytes(reinterpret_cast<const std::byte*>(data), size);
    if (bytes.empty()) return 0;
    if ((data[0] & 1) == 0) {
        greet_stranger(bytes.subspan(1));
    } else {
        talk(bytes.subspan(1));
    }
    return 0;
}
