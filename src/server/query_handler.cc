#include "server/query_handler.h"

#include <charconv>
#include <memory>
#include <string>

#include "server/answers.h"
#include "server/connection.h"
#include "sluice/base/log.h"
#include "sluice/http/form.h"
#include "sluice/query/statement_executor.h"

namespace sluice::server {
namespace {

// Forms carry statements, and with INTO and multipart files quite long ones.
constexpr std::size_t kFormBytesMax = 32 * kMiB;
// Results leave when this much has gathered.
constexpr std::size_t kFlushBytes = 32 * kKiB;

// Streams an answer to the client in chunks; the whole answer of a request that could not be
// parsed is small and gets a length instead.
class AnswerStream final : public query::ResultSink {
public:
    explicit AnswerStream(Connection& connection) : connection_(connection) {}

    void begin(const query::AnswerHead& head) override {
        head_ = head;
        if (head.status != 200) return;
        framed_ = connection_.request().minor_version >= 1;
        if (!framed_) connection_.close_after_answer();
        http::ResponseHead answer(200);
        answer.add("Content-Type", query::content_type_of(head.format));
        connection_.begin_answer(answer, true);
        answer.set_body(framed_ ? http::ResponseBody::kChunked : http::ResponseBody::kUntilClose);
        answer.append_to(connection_.output(), connection_.services().stamp);
    }

    io::Task<Result<void>> write(std::string_view bytes) override {
        bytes_sent_ += bytes.size();
        if (head_.status != 200) {
            error_body_ += bytes;
            co_return Result<void>{};
        }
        if (framed_) {
            http::append_chunk(connection_.output(), bytes);
        } else {
            http::append_text(connection_.output(), bytes);
        }
        if (connection_.output().size() < kFlushBytes) co_return Result<void>{};
        Result<void> sent = co_await connection_.flush();
        co_return sent;
    }

    void finish() {
        if (head_.status == 200) {
            if (framed_) http::append_text(connection_.output(), http::kLastChunk);
            return;
        }
        http::ResponseHead answer(static_cast<std::uint16_t>(head_.status));
        answer.add("Content-Type", query::content_type_of(head_.format));
        answer.add("X-Influxdb-Error", std::string_view(head_.error).substr(0, 1024));
        connection_.answer(answer, error_body_);
    }

    std::uint64_t bytes_sent() const { return bytes_sent_; }

private:
    Connection& connection_;
    query::AnswerHead head_;
    bool framed_ = true;
    std::string error_body_;
    std::uint64_t bytes_sent_ = 0;
};

// Where the answer of a query goes that nobody waits for.
class NoAnswer final : public query::ResultSink {
public:
    void begin(const query::AnswerHead&) override {}
    io::Task<Result<void>> write(std::string_view) override { co_return Result<void>{}; }
};

io::Task<void> run_in_background(CoreServices& services, query::QueryRequest request) {
    co_await services.reactor.switch_to(io::Share::kQuery);
    NoAnswer sink;
    io::Task<Result<void>> running = services.executor.execute(std::move(request), sink);
    const auto done = co_await running;
    if (!done.ok()) log_warn("asynchronous query failed", {{"error", done.error().message}});
}

io::Task<Result<void>> run_query(CoreServices& services, query::QueryRequest request,
                                 AnswerStream& stream) {
    co_await services.reactor.switch_to(io::Share::kQuery);
    io::Task<Result<void>> running = services.executor.execute(std::move(request), stream);
    Result<void> done = co_await running;
    co_return done;
}

// Adds the parameters of a form in the body, which come before those of the target. False when an
// error has been answered, or the client is gone.
io::Task<bool> read_form(Connection& connection, query::AnswerFormat format, bool pretty) {
    CoreServices& services = connection.services();
    const http::Request& request = connection.request();
    if (request.framing == http::BodyFraming::kNone) co_return true;
    auto admitted = services.core.admission().try_admit(request.content_length);
    if (!admitted.ok()) {
        answer_overload(connection, false, admitted.error().message,
                        services.core.admission().retry_after_s());
        co_return false;
    }
    engine::Permit permit = std::move(admitted).value();
    BodyPool::Lease body = services.bodies.take();
    if (!connection.take_buffered_body(*body, kFormBytesMax)) {
        const BodyStatus status = co_await connection.read_body(*body, kFormBytesMax, permit);
        if (status == BodyStatus::kGone) co_return false;
        if (status != BodyStatus::kComplete) {
            answer_error(connection, status == BodyStatus::kTooLarge ? 413 : 400,
                         status == BodyStatus::kTooLarge ? "Request Entity Too Large"
                                                         : "the request body cannot be read",
                         format, pretty);
            co_return false;
        }
    }
    if (request.method != http::Method::kPost) co_return true;
    http::Parameters& parameters = connection.parameters();
    parameters.clear();
    // As in Go, a form that is broken counts as far as it could be read.
    (void)http::parse_form(request.content_type, as_text({body->data(), body->size()}), parameters)
        .ok();
    parameters.parse(request.query);
    co_return true;
}

query::QueryRequest make_request(const Connection& connection, const http::Parameters& parameters,
                                 query::AnswerFormat format, bool pretty) {
    query::QueryRequest request;
    request.text = parameters.get("q");
    request.database = parameters.get("db");
    request.retention_policy = parameters.get("rp");
    request.epoch = parameters.get("epoch");
    request.params = parameters.get("params");
    request.chunked = parameters.get("chunked") == "true";
    const std::string_view size = parameters.get("chunk_size");
    std::int64_t rows = 0;
    const auto parsed = std::from_chars(size.data(), size.data() + size.size(), rows);
    if (parsed.ec == std::errc() && parsed.ptr == size.data() + size.size() && rows > 0) {
        request.chunk_size = static_cast<std::uint64_t>(rows);
    }
    request.pretty = pretty;
    request.read_only_method = connection.request().method == http::Method::kGet;
    request.format = format;
    return request;
}

}  // namespace

io::Task<void> handle_query(Connection& connection) {
    CoreServices& services = connection.services();
    services.metrics.queries.add();
    const query::AnswerFormat format = query::answer_format_of(connection.request().accept);
    // InfluxDB reads this one from the target only (services/httpd/response_writer.go).
    const bool pretty = connection.parameters().get("pretty") == "true";
    const bool readable = co_await read_form(connection, format, pretty);
    if (!readable) co_return;
    connection.release_input();
    const http::Parameters& parameters = connection.parameters();
    if (parameters.get("q").empty()) {
        answer_error(connection, 400, "missing required parameter \"q\"", format, pretty);
        co_return;
    }
    query::QueryRequest request = make_request(connection, parameters, format, pretty);
    if (parameters.get("async") == "true") {
        if (!services.background.closed()) {
            services.background.spawn(run_in_background(services, std::move(request)));
        }
        connection.answer_no_content();
        co_return;
    }

    const std::int64_t began_ns = services.reactor.precise_ns();
    services.metrics.queries_active.add();
    AnswerStream stream(connection);
    io::Task<Result<void>> running = run_query(services, std::move(request), stream);
    const auto done = co_await running;
    if (done.ok()) {
        stream.finish();
    } else {
        // The client is gone, or must see that the answer is not whole.
        connection.abort();
    }
    services.metrics.queries_active.subtract();
    services.metrics.query_body_bytes.add(stream.bytes_sent());
    connection.note_body_bytes(stream.bytes_sent());
    const auto took_ns = static_cast<std::uint64_t>(services.reactor.precise_ns() - began_ns);
    services.metrics.query_ns.add(took_ns);
    services.metrics.query_latency_ns.record(took_ns);
}

}  // namespace sluice::server
