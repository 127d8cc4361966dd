// The loop of one connection: heads in, handlers, answers out. Bodies are in connection_bodies.cc.
#include "server/http/connection.h"

#include "server/config/version.h"
#include "sluice/query/answer_format.h"

namespace sluice::server {
namespace {

using http::BodyFraming;
using http::RequestParser;

// Telegraf flushes every ten seconds or so; InfluxDB never closes an idle connection.
constexpr std::int64_t kIdleTimeoutNs = 5 * kMinuteNs;
// From its first byte to its empty line.
constexpr std::int64_t kHeadTimeoutNs = 30 * kSecondNs;
// A reader of a long answer may stop to work on what it has; InfluxDB waits for it for ever.
constexpr std::int64_t kSendTimeoutNs = 5 * kMinuteNs;
// A closing connection listens this long, so that its answer is not destroyed by a reset.
constexpr std::int64_t kLingerNs = 2 * kSecondNs;
// Pipelined answers beyond this leave before the next request is looked at.
constexpr std::size_t kOutputBytesMax = 64 * kKiB;
// More than that does not stay with an idle connection.
constexpr std::size_t kOutputBytesKept = 64 * kKiB;

ByteSpan bytes_of(const http::OutputBuffer& output) {
    return as_byte_span({output.data(), output.size()});
}

}  // namespace

// The name in a client's certificate is asked for once: it cannot change while the connection
// lives, and most requests do not need it.
Connection::Connection(CoreServices& services, RequestHandler handler, io::Socket socket,
                       ClientShares::Place place)
    : services_(services),
      handler_(handler),
      socket_(std::move(socket)),
      certificate_user_(services.config().http.https_client_name_is_user
                            ? socket_.peer_common_name()
                            : std::string()),
      place_(std::move(place)),
      idle_since_ns_(services.reactor.monotonic_ns()) {}

// Is asked of the kernel when somebody wants it, which for a write nobody does, and kept for the
// life of the connection.
std::string_view Connection::peer_address() {
    if (peer_address_.empty()) peer_address_ = socket_.peer_address();
    return peer_address_;
}

void Connection::set_deadline_in(std::int64_t ns) {
    socket_.set_deadline_ns(services_.reactor.monotonic_ns() + ns);
}

void Connection::drain() {
    close_after_answer_ = true;
    // A head that is not whole is no request, and its sender may have no more to say.
    if (phase_ == Phase::kIdle || phase_ == Phase::kHead) socket_.shutdown();
}

// Shuts both directions, so that a client sees a broken answer instead of one that looks whole. The
// coroutine that sends or receives wakes with an error and ends the loop; nothing is freed here.
void Connection::abort() {
    close_after_answer_ = true;
    socket_.shutdown();
}

// The parser takes what it understands off `input_` and keeps it, so the head may come in any
// number of pieces. What stays in `input_` is the beginning of the body or the next request.
RequestParser::Outcome Connection::parse_buffered_head() {
    if (input_.empty()) return RequestParser::Outcome::kNeedMore;
    const RequestParser::Progress progress = parser_.feed(input_);
    input_.remove_prefix(progress.consumed);
    return progress.outcome;
}

// One turn of the loop is one request. Before it waits for bytes it sends what has gathered, so
// answers to pipelined requests leave together when the client has nothing more to ask. The loop
// ends when the client is gone, when a head was refused, or after an answer that closes the
// connection.
io::Task<void> Connection::run() {
    bool answered_last = false;
    while (!close_after_answer_) {
        RequestParser::Outcome outcome = parse_buffered_head();
        bool gone = false;
        while (outcome == RequestParser::Outcome::kNeedMore) {
            if (!output_.empty()) {
                const auto sent = co_await flush();
                if (!sent.ok() || close_after_answer_) {
                    gone = true;
                    break;
                }
            }
            // The deadlines differ by phase: the first byte of a head starts the short one, and a
            // head that comes a byte at a time does not move it.
            if (phase_ == Phase::kIdle && parser_.in_head()) {
                phase_ = Phase::kHead;
                set_deadline_in(kHeadTimeoutNs);
            } else if (phase_ == Phase::kRequest) {
                phase_ = Phase::kIdle;
                has_served_ = true;
                idle_since_ns_ = services_.reactor.monotonic_ns();
                set_deadline_in(kIdleTimeoutNs);
            }
            // This is where an idle connection waits. Cancelled means that the deadline has passed,
            // or that drain() wants the connection to end, which is no fault of the client.
            const auto received = co_await socket_.receive();
            if (!received.ok() || received->empty()) {
                if (!received.ok() && received.error().kind == ErrorKind::kCancelled &&
                    !close_after_answer_) {
                    services_.metrics.connections_timed_out.add();
                }
                gone = true;
                break;
            }
            input_ = as_text(*received);
            outcome = parse_buffered_head();
        }
        if (gone) break;
        phase_ = Phase::kRequest;
        if (outcome == RequestParser::Outcome::kRefused) {
            answer_refused_head();
            answered_last = true;
            break;
        }
        // From here to the end of serve() the handler owns the connection: it reads the body, or
        // leaves it, and appends its answer to `output_`.
        begin_request();
        co_await serve();
        parser_.reset();
        parameters_.clear();
        if (output_.size() > kOutputBytesMax) {
            const auto sent = co_await flush();
            if (!sent.ok()) break;
        }
        // The answer may lie in `output_` still; discard_body() sends it before it waits for more
        // of a body that nobody wants.
        if (discard_wanted_) {
            const bool discarded = co_await discard_body();
            if (!discarded) {
                answered_last = true;
                break;
            }
        }
        answered_last = close_after_answer_;
    }
    // Whatever the client sends from here on is not a request. close() is awaited because the
    // kernel may still read `output_` or write into the receive buffer.
    phase_ = Phase::kClosing;
    if (answered_last) {
        const auto sent = co_await flush();
        if (sent.ok()) co_await linger();
    }
    input_ = {};
    co_await socket_.close();
}

// Everything that belongs to one request begins anew here. The views of the head stay valid until
// parser_.reset(), that is until the answer has been made.
void Connection::begin_request() {
    const http::Request& request = parser_.request();
    parameters_.clear();
    parameters_.parse(request.query);
    request_id_.clear();
    user_.clear();
    token_ = 0;
    continue_owed_ = request.expects_continue && request.minor_version >= 1;
    discard_wanted_ = false;
    body_left_ = request.content_length;
    status_answered_ = 0;
    body_bytes_answered_ = 0;
    body_unread_ = request.framing != BodyFraming::kNone;
    body_chunked_ = request.framing == BodyFraming::kChunked;
    if (body_chunked_) chunks_.reset();
    if (!request.keep_alive) close_after_answer_ = true;
    services_.update_time();
}

// precise_ns() and not the time of the turn: a handler may take a whole turn without a wait, which
// would count as nothing.
io::Task<void> Connection::serve() {
    CoreServices& services = services_;
    const std::int64_t began_ns = services.reactor.precise_ns();
    services.metrics.requests.add();
    services.metrics.requests_active.add();
    co_await handler_(*this);
    services.metrics.requests_active.subtract();
    const std::int64_t took_ns = services.reactor.precise_ns() - began_ns;
    services.metrics.request_ns.add(static_cast<std::uint64_t>(took_ns));
    if (services.config().http.log_enabled) log_access(took_ns);
}

void Connection::log_access(std::int64_t took_ns) {
    const http::Request& request = parser_.request();
    const Config::Http& config = services_.config().http;
    if (!is_logged(request, config.suppress_write_log)) return;
    if (!is_logged_status(status_answered_, config.access_log_status_filters.values)) return;
    std::string_view id = request.x_request_id.empty() ? request.request_id : request.x_request_id;
    if (id.empty()) id = request_id_;
    // Where users are asked for, a name counts once it is proven.
    const std::string_view user =
        services_.config().http.auth_enabled ? std::string_view(user_) : parameters_.get("u");
    services_.access_log.add(request, {peer_address(), user, services_.stamp.date(), id,
                                       status_answered_, body_bytes_answered_, took_ns});
}

// ---- answers ----

// One send for all that has gathered. A client that does not read holds only its own connection:
// the wait is bounded, and the buffer is given back where it has become large.
io::Task<Result<void>> Connection::flush() {
    if (output_.empty()) co_return Result<void>{};
    set_deadline_in(kSendTimeoutNs);
    auto sent = co_await socket_.send(bytes_of(output_));
    output_.clear();
    output_.shrink_capacity(kOutputBytesKept);
    if (!sent.ok()) close_after_answer_ = true;
    co_return sent;
}

// What every answer carries. The decision about an unread body comes first, because it says whether
// the connection closes.
void Connection::begin_answer(http::ResponseHead& head, bool with_request_id) {
    settle_unread_body();
    status_answered_ = head.status();
    const http::Request& request = parser_.request();
    head.add("X-Influxdb-Build", kBuild);
    head.add("X-Influxdb-Version", kVersion);
    // As in InfluxDB, answers from outside its handlers carry neither CORS fields nor ids.
    if (with_request_id && !request.origin.empty()) {
        head.add("Access-Control-Allow-Origin", request.origin);
        head.add("Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, POST, PUT");
        head.add("Access-Control-Allow-Headers",
                 "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, "
                 "User-Agent, X-CSRF-Token, X-HTTP-Method-Override");
        head.add("Access-Control-Expose-Headers", "Date, X-InfluxDB-Version, X-InfluxDB-Build");
    }
    for (const auto& [name, value] : services_.config().http.headers) head.add(name, value);
    if (with_request_id) {
        if (!request.x_request_id.empty()) {
            head.add_request_id(request.x_request_id);
        } else if (!request.request_id.empty()) {
            head.add_request_id(request.request_id);
        } else {
            request_id_ = services_.stamp.next_request_id();
            head.add_request_id(request_id_);
        }
    }
    if (close_after_answer_) {
        head.set_connection(http::ConnectionField::kClose);
    } else if (request.minor_version == 0) {
        head.set_connection(http::ConnectionField::kKeepAlive);
    }
}

// A HEAD request gets the length of the body that a GET would get, and not the body. Failures are
// counted here, the one place that all of them pass.
void Connection::answer(http::ResponseHead& head, std::string_view body, bool with_request_id) {
    begin_answer(head, with_request_id);
    head.set_body(http::ResponseBody::kLength, body.size());
    head.append_to(output_, services_.stamp);
    if (request().method != http::Method::kHead) {
        http::append_text(output_, body);
        body_bytes_answered_ = body.size();
    }
    if (head.status() >= 500) {
        services_.metrics.server_errors.add();
    } else if (head.status() >= 400) {
        services_.metrics.client_errors.add();
    }
}

void Connection::answer_no_content() {
    const http::Request& request = parser_.request();
    settle_unread_body();
    // InfluxDB names the type even of an answer without content. The usual 204 is one prepared text
    // with a date and a request id.
    // What is asked for in "Accept" counts as it does for a query; a client that accepts anything
    // gets JSON.
    const bool any_type = request.accept.empty() || request.accept == "*/*";
    const query::AnswerFormat format =
        any_type ? query::AnswerFormat::kJson : query::answer_format_of(request.accept);
    if (format == query::AnswerFormat::kJson && !close_after_answer_ && request.origin.empty() &&
        request.x_request_id.empty() && request.request_id.empty() && request.minor_version != 0 &&
        services_.config().http.headers.empty()) {
        request_id_ = services_.stamp.next_request_id();
        services_.no_content.append_to(output_, services_.stamp.date(), request_id_);
        status_answered_ = 204;
        return;
    }
    http::ResponseHead head(204);
    head.add("Content-Type", query::content_type_of(format));
    begin_answer(head, true);
    head.set_body(http::ResponseBody::kNone);
    head.append_to(output_, services_.stamp);
}

// Answers in the words of Go's server, which refuses such heads before any handler.
void Connection::answer_refused_head() {
    services_.update_time();
    services_.metrics.client_errors.add();
    const http::HeadRefusal& refusal = parser_.refusal();
    http::append_text(output_, "HTTP/1.1 ");
    http::append_text(output_, refusal.text.substr(0, refusal.text.find(':')));
    http::append_text(output_,
                      "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n");
    http::append_text(output_, refusal.text);
    close_after_answer_ = true;
}

// The last answer is out, but bytes of the client may still be on their way. Closing now would
// answer them with a reset, which can overtake the answer. So only our half is closed, and what
// comes is read for a moment.
io::Task<void> Connection::linger() {
    const auto finished = co_await socket_.finish_sending();
    if (!finished.ok()) co_return;
    set_deadline_in(kLingerNs);
    input_ = {};
    for (;;) {
        const auto received = co_await socket_.receive();
        if (!received.ok() || received->empty()) co_return;
    }
}

}  // namespace sluice::server
