// A Session is one end of one TLS connection without its socket: bytes of the peer go in, plain
// bytes come out, and the other way round.
//
//     set_input(bytes)  →  read()      plain bytes
//     write(plain)      →  output()    bytes for the peer
//
// It is a state machine that never waits. Its states are those of OpenSSL: first handshake() until
// kDone, then read() and write() in any order, in the end close(). Each step takes from the input
// as much as it needs; kWantInput says that all of it is used up. Whatever the step, there may be
// output: answers of the handshake, alerts, new keys.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/tls/context.h"

struct ssl_st;

namespace sluice::tls {

enum class Step : std::uint8_t {
    kDone,
    kWantInput,  // the input is used up
    kClosed,     // the peer has said that it sends no more
    kFailed,     // failure() says why; there may be an alert in the output, and nothing else works
};

// The most plain bytes that one record holds (RFC 8446, section 5.1).
inline constexpr std::size_t kRecordBytesMax = 16 * 1024;

// Belongs to the thread of its context, which it keeps alive.
class Session {
public:
    // `peer_name` is for clients: the name or address that the server's certificate has to be for.
    explicit Session(std::shared_ptr<Context> context, const std::string& peer_name = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    // The bytes stay alive and in place until a step has said kWantInput, or to the end of the
    // session. Only when the input is used up.
    void set_input(ByteSpan bytes);
    bool has_input() const { return !input_.empty(); }

    Step handshake();

    // Without it, read() has nothing to give.
    bool can_read() const;

    struct Read {
        Step step;
        std::size_t bytes;  // after kDone: at least one
    };
    // At most one record. `into` is not empty.
    Read read(MutableByteSpan into);

    // Takes all of `plain`, which is not empty. Never kWantInput.
    Step write(ByteSpan plain);

    // Tells the peer that no more will be sent. Reading goes on.
    void close();

    bool has_output() const { return !output_.empty(); }
    // Everything so far, in the order in which it has to be sent. What comes next is put into the
    // memory that `into` had.
    void take_output(std::vector<std::byte>& into);
    // Keeps no more memory than that for output, if there is none.
    void shrink_output(std::size_t bytes);

    const std::string& failure() const { return failure_; }

    // Of the certificate that the peer has shown and that was verified, if it has exactly one
    // common name; else empty.
    std::string peer_common_name() const;
    bool was_resumed() const;

private:
    friend struct BioFunctions;

    Step step_of(int result);

    const std::shared_ptr<Context> context_;
    ssl_st* handle_;
    ByteSpan input_;
    std::vector<std::byte> output_;
    std::string failure_;
    bool failed_ = false;
};

}  // namespace sluice::tls
