// A Connection is one client connection: requests come in, are handed to their handler one after
// the other, and answers go out.
//
// run() is the connection's one coroutine. Answers to pipelined requests gather in the output
// buffer and leave in one send, when no further request has arrived yet. Whatever goes wrong here
// ends this connection and nothing else.
//
// Its life is a loop over phases. kIdle: no byte of a request is there; the connection closes after
// five idle minutes, and at once when the server stops. kHead: a head has begun, which must be
// complete within half a minute. kRequest: the handler is at work; it sets deadlines for the body
// and for sending. kClosing: the last answer is sent, and what the client still sends is read for a
// moment, because closing with unread bytes makes the kernel send a reset that can overtake the
// answer.
//
// A handler need not read the body. What is left of it when the answer begins is settled then: a
// short rest is read and forgotten so that the connection can go on, a long one closes it.
//
// `input_` refers to the socket's receive buffer, so it is used up or given back (release_input)
// before anything else is received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/services/buffer_pool.h"
#include "server/services/core_services.h"
#include "sluice/http/chunked_decoder.h"
#include "sluice/http/request_parser.h"
#include "sluice/http/response.h"
#include "sluice/http/url.h"
#include "sluice/io/socket.h"
#include "sluice/io/task.h"
#include "sluice/meta/principal.h"

namespace sluice::server {

enum class BodyStatus : std::uint8_t {
    kComplete,
    kTooLarge,   // larger than the limit; the rest is unread
    kBusy,       // admission has no room for it; the rest is unread
    kMalformed,  // broken chunks
    kCut,        // the client has closed its half in the middle, and may wait for an answer
    kGone,       // the client left or was too slow
};

class Connection;

// A handler answers the present request of a connection.
using RequestHandler = io::Task<void> (*)(Connection&);

// A connection belongs to one core. The object lives until run() has completed.
class Connection {
public:
    Connection(CoreServices& services, RequestHandler handler, io::Socket socket,
               ClientShares::Place place);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    io::Task<void> run();
    // Lets the present request be answered and closes the connection then. An idle connection
    // closes at once.
    void drain();
    // Closes the connection in the middle of whatever it does. Handlers see that the client is
    // gone.
    void abort();

    // Waits for a request, and nothing of one has come yet.
    bool is_idle() const { return phase_ == Phase::kIdle && !close_after_answer_; }
    // Waits for the rest of a head.
    bool is_in_head() const { return phase_ == Phase::kHead && !close_after_answer_; }
    std::int64_t idle_since_ns() const { return idle_since_ns_; }
    // Whether a request has been answered on it.
    bool has_served() const { return has_served_; }

    // ---- for handlers ----

    CoreServices& services() { return services_; }
    const http::Request& request() const { return parser_.request(); }
    // Returns the parameters of the target, to which handlers may add those of a form.
    http::Parameters& parameters() { return parameters_; }
    std::string_view peer_address();
    // Whose connection it is; null where nothing is shared out among clients.
    const ClientShares::Client* client() const { return place_.client(); }
    // What the client has in flight, with all its connections to this core; null as above.
    engine::ClientBodies* client_bodies() {
        return place_.client() == nullptr ? nullptr : &place_.client()->bodies;
    }
    // The user that the present request has proven to come from. Empty where nobody was asked.
    const std::string& user() const { return user_; }
    // The token that it has shown; 0: none. user() is its name then.
    std::uint64_t token() const { return token_; }
    void set_user(std::string_view user, std::uint64_t token) {
        user_ = user;
        token_ = token;
    }
    // Who asks, by the catalog, which it does not outlive.
    meta::Principal principal(const meta::Catalog& catalog) const {
        return meta::Principal::of(catalog, user_, token_);
    }

    // Returns whether the request came by TLS.
    bool is_secure() const { return socket_.is_secure(); }
    // The user that the certificate stands for which the client has shown. Mostly empty.
    const std::string& certificate_user() const { return certificate_user_; }

    // Takes the body if all of it has come with the head. That is the usual case for small
    // requests, and needs no coroutine. Otherwise it returns false and leaves everything as it was.
    bool take_buffered_body(BodyBuffer& body, std::size_t bytes_max);
    // Reads the whole body. `permit` grows with a body that shows its size only as it comes.
    io::Task<BodyStatus> read_body(BodyBuffer& body, std::size_t bytes_max, engine::Permit& permit);

    // Returns what was wrong, after kMalformed.
    std::string_view malformed_text() const { return chunks_.malformed_text(); }

    // Is for handlers that work long: it completes with true when the client has sent its last byte
    // or is gone, and with false after stop_watching(). Nothing is received meanwhile.
    io::Task<bool> watch_client() { return socket_.wait_for_end(); }
    void stop_watching() { socket_.stop_waiting_for_end(); }

    // Gives the receive buffer back to the kernel during a long wait, if nothing else is in it.
    void release_input();

    // Returns the buffer that answers are appended to.
    http::OutputBuffer& output() { return output_; }
    // Sends what is in the output buffer. An error means that the client is gone.
    io::Task<Result<void>> flush();

    // Adds the fields that every answer has: identity, CORS, request ids when asked, Connection. It
    // also settles an unread body, so nothing of the body may be read afterwards.
    void begin_answer(http::ResponseHead& head, bool with_request_id);
    // Gives a whole answer. Fields beyond those of begin_answer() have been added to `head` before.
    void answer(http::ResponseHead& head, std::string_view body, bool with_request_id = true);
    void answer_no_content();
    // Tells the access log the bytes of an answer that a handler streams.
    void note_body_bytes(std::uint64_t bytes) { body_bytes_answered_ = bytes; }
    void close_after_answer() { close_after_answer_ = true; }

private:
    enum class Received : std::uint8_t { kBytes, kEnd, kNothing };
    enum class Phase : std::uint8_t { kIdle, kHead, kRequest, kClosing };

    http::RequestParser::Outcome parse_buffered_head();
    void begin_request();
    void settle_unread_body();
    void answer_refused_head();
    void log_access(std::int64_t took_ns);
    io::Task<void> serve();
    io::Task<BodyStatus> read_chunked(BodyBuffer& body, std::size_t bytes_max,
                                      engine::Permit& permit);
    io::Task<Received> receive_more();
    io::Task<bool> discard_body();
    bool discard_length();
    bool discard_chunks();
    io::Task<void> linger();
    void set_deadline_in(std::int64_t ns);

    CoreServices& services_;
    const RequestHandler handler_;
    io::Socket socket_;
    http::RequestParser parser_;
    http::ChunkedDecoder chunks_;
    http::Parameters parameters_;
    http::OutputBuffer output_;
    std::string_view input_;  // received and not yet used; in the socket's buffer
    std::string request_id_;
    std::string peer_address_;
    std::string user_;
    std::uint64_t token_ = 0;
    const std::string certificate_user_;
    const ClientShares::Place place_;

    Phase phase_ = Phase::kIdle;
    std::int64_t idle_since_ns_ = 0;
    bool has_served_ = false;
    bool close_after_answer_ = false;
    bool continue_owed_ = false;  // the client waits for "100 Continue"
    bool body_unread_ = false;
    bool discard_wanted_ = false;
    bool body_chunked_ = false;
    std::uint64_t body_left_ = 0;  // of a Content-Length body
    unsigned status_answered_ = 0;
    std::uint64_t body_bytes_answered_ = 0;

public:
    std::size_t list_index = 0;  // in the listener's list
    bool evicted = false;        // by the listener, to make room for another
};

}  // namespace sluice::server
