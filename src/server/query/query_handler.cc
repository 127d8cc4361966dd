#include "server/query/query_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/http/small_body.h"
#include "server/query/client_sink.h"
#include "server/services/request_timer.h"
#include "sluice/base/go_text.h"
#include "sluice/base/log.h"
#include "sluice/http/form.h"
#include "sluice/http/gzip_encoder.h"
#include "sluice/model/errors.h"
#include "sluice/query/statement_executor.h"

namespace sluice::server {
namespace {

// Forms carry statements, and with INTO and multipart files quite long ones.
constexpr std::size_t kFormBytesMax = 32 * kMiB;
// Results leave when this much has gathered.
constexpr std::size_t kFlushBytes = 32 * kKiB;

// A chunked answer leaves at least this often, so that a slow query shows what it has.
constexpr std::int64_t kFlushNs = 50 * kMillisecondNs;
// A client that has sent all and closes its half of the connection may still want the answer, and
// one that has left looks the same. The query goes on for this long.
constexpr std::int64_t kHalfClosedNs = 5 * kSecondNs;

// An AnswerStream sends an answer to the client in chunks, compressed if the client wants that. The
// answer of a request that could not be parsed is small, and gets a length instead.
class AnswerStream final : public ClientSink {
public:
    AnswerStream(Connection& connection, bool documents, ErrorShape shape)
        : ClientSink(connection, kHalfClosedNs), documents_(documents), shape_(shape) {}

    // From the first byte of a 200 on nothing can be taken back: an error that comes later is in
    // the answer, or cuts the connection. A request that failed before is gathered in `error_body_`
    // instead and gets its status in finish().
    void begin(const query::AnswerStart& head) override {
        head_ = head;
        if (head.status != 200) return;
        framed_ = connection().request().minor_version >= 1;
        if (!framed_) connection().close_after_answer();
        http::ResponseHead answer(200);
        answer.add("Content-Type", query::content_type_of(head.format));
        if (http::wants_gzip(connection().request().accept_encoding)) {
            gzip_.emplace();
            answer.add("Content-Encoding", "gzip");
        }
        connection().begin_answer(answer, true);
        answer.set_body(framed_ ? http::ResponseBody::kChunked : http::ResponseBody::kUntilClose);
        answer.append_to(connection().output(), connection().services().stamp);
    }

    io::Task<Result<void>> write(std::string_view bytes) override {
        bytes_sent_ += bytes.size();
        if (head_.status != 200) {
            error_body_ += bytes;
            co_return Result<void>{};
        }
        // A document of a chunked answer must be readable as soon as it is sent, so the compressor
        // is flushed behind each, at the price of some bytes.
        if (gzip_) {
            gzip_->add(bytes, compressed_);
            if (documents_) gzip_->flush(compressed_);
            pass_compressed();
        } else {
            pass(bytes);
        }
        const std::int64_t now = connection().services().reactor.monotonic_ns();
        const bool is_due = documents_ && now - flushed_ns_ >= kFlushNs;
        if (connection().output().size() < kFlushBytes && !is_due) co_return Result<void>{};
        flushed_ns_ = now;
        Result<void> sent = co_await connection().flush();
        co_return sent;
    }

    void finish() {
        if (head_.status == 200) {
            if (gzip_) {
                gzip_->finish(compressed_);
                pass_compressed();
            }
            if (framed_) http::append_text(connection().output(), http::kLastChunk);
            return;
        }
        const auto status = static_cast<std::uint16_t>(head_.status);
        if (shape_ == ErrorShape::kPlatform) {
            answer_platform_error(connection(), status, head_.error);
            return;
        }
        http::ResponseHead answer(status);
        answer.add("Content-Type", query::content_type_of(head_.format));
        answer.add("X-Influxdb-Error", std::string_view(head_.error).substr(0, 1024));
        connection().answer(answer, error_body_);
    }

    std::uint64_t bytes_sent() const { return bytes_sent_; }

private:
    void pass(std::string_view bytes) {
        if (framed_) {
            http::append_chunk(connection().output(), bytes);
        } else {
            http::append_text(connection().output(), bytes);
        }
    }
    void pass_compressed() {
        if (compressed_.empty()) return;
        pass({compressed_.data(), compressed_.size()});
        compressed_.clear();
    }

    const bool documents_;  // the answer is chunked: each write is a document
    const ErrorShape shape_;
    query::AnswerStart head_;
    bool framed_ = true;
    std::optional<http::GzipEncoder> gzip_;
    http::OutputBuffer compressed_;
    std::string error_body_;
    std::uint64_t bytes_sent_ = 0;
    std::int64_t flushed_ns_ = 0;
};

// Nobody waits for the answer (async=true). The services outlive it, because a stop closes the gate
// that it runs in.
io::Task<void> run_in_background(CoreServices& services, query::QueryRequest request) {
    co_await services.reactor.switch_to(io::Share::kQuery);
    query::DiscardSink sink;
    io::Task<Result<void>> running = services.executor.execute(std::move(request), sink);
    const auto done = co_await running;
    if (!done.ok()) log_warn("asynchronous query failed", {{"error", done.error().message}});
}

// A text that was sent as the file `q`. It counts when no parameter `q` says anything.
using QueryFile = std::optional<std::string>;

// Adds the parameters of a form in the body. It returns false when an error has been answered or
// the client is gone.
io::Task<bool> read_form(Connection& connection, query::AnswerFormat format, bool pretty,
                         QueryFile& query_file, engine::Permit& permit) {
    CoreServices& services = connection.services();
    const http::Request& request = connection.request();
    if (request.framing == http::BodyFraming::kNone) co_return true;
    BodyPool::Lease body = services.bodies.take();
    const SmallBody received =
        co_await receive_small_body(connection, kFormBytesMax, false, permit, *body);
    if (received == SmallBody::kSettled) co_return false;
    if (received != SmallBody::kWhole) {
        const bool too_large = received == SmallBody::kTooLarge;
        answer_error(connection, too_large ? 413 : 400,
                     too_large ? model::kBodyTooLarge : "the request body cannot be read", format,
                     pretty);
        co_return false;
    }
    // As in Go: only POST has an urlencoded form, a multipart one comes with any method.
    const bool multipart = http::is_multipart(request.content_type);
    if (request.method != http::Method::kPost && !multipart) co_return true;
    http::Parameters& parameters = connection.parameters();
    std::vector<http::FormFile> files;
    if (!multipart) parameters.clear();
    // A form that is broken counts as far as it could be read, that is how Go does it too.
    (void)http::parse_form(request.content_type, as_text({body->data(), body->size()}), parameters,
                           files)
        .ok();
    if (!multipart) parameters.parse(request.query);
    if (parameters.is_cut()) {
        answer_error(connection, 400, kTooManyParameters, format, pretty);
        co_return false;
    }
    for (const http::FormFile& file : files) {
        if (file.name == "q" && !query_file) query_file = file.content;
    }
    co_return true;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// What InfluxDB's serveQuery() reads from a form, with its defaults: an unknown epoch means
// nanoseconds, a chunk size that is no number means the usual one.
query::QueryRequest make_request(Connection& connection, const http::Parameters& parameters,
                                 query::AnswerFormat format, bool pretty, std::uint64_t rows_max) {
    query::QueryRequest request = begin_request(connection, parameters.get("u"));
    request.text = trimmed(parameters.get("q"));
    request.database = parameters.get("db");
    request.retention_policy = parameters.get("rp");
    if (trimmed(parameters.get("time_format")) != "rfc3339")
        request.epoch = parameters.get("epoch");
    request.params = parameters.get("params");
    request.chunked = parameters.get("chunked") == "true";
    const Result<std::int64_t> rows = parse_go_integer(parameters.get("chunk_size"));
    if (rows.ok() && *rows > 0) request.chunk_size = static_cast<std::uint64_t>(*rows);
    request.rows_max = rows_max;
    request.pretty = pretty;
    request.read_only_method = connection.request().method == http::Method::kGet;
    // python3-influxdb always asks for MessagePack, and reads several documents only of JSON.
    const bool json_instead = request.chunked && format == query::AnswerFormat::kMsgpack;
    request.format = json_instead ? query::AnswerFormat::kJson : format;
    return request;
}

// Runs a query and streams its answer while it watches whether the client is still there.
io::Task<void> run_and_answer(Connection& connection, query::QueryRequest request,
                              ErrorShape shape) {
    CoreServices& services = connection.services();
    const RequestTimer timer(services.reactor, services.metrics.queries_active,
                             services.metrics.query_ns, services.metrics.query_latency_ns);
    AnswerStream stream(connection, request.chunked, shape);
    io::Task<Result<void>> running = run_for_client(connection, std::move(request), stream);
    const auto done = co_await running;
    if (done.ok()) {
        stream.finish();
    } else {
        // The client is gone, or must see that the answer is not whole.
        connection.abort();
    }
    services.metrics.query_body_bytes.add(stream.bytes_sent());
    connection.note_body_bytes(stream.bytes_sent());
}

}  // namespace

// The order of the checks is that of InfluxDB's serveQuery(): the form, then `q`, then time_format.
// The permit of the form is held until the answer is complete, as the text of the statements is as
// large.
io::Task<void> handle_query(Connection& connection) {
    CoreServices& services = connection.services();
    services.metrics.queries.add();
    const query::AnswerFormat format = query::answer_format_of(connection.request().accept);
    // InfluxDB reads this one from the target only (services/httpd/response_writer.go).
    const bool pretty = connection.parameters().get("pretty") == "true";
    QueryFile query_file;
    engine::Permit permit;
    const bool readable = co_await read_form(connection, format, pretty, query_file, permit);
    if (!readable) co_return;
    connection.release_input();
    const http::Parameters& parameters = connection.parameters();
    const bool has_text = !trimmed(parameters.get("q")).empty();
    if (!has_text && !query_file) {
        answer_error(connection, 400, "missing required parameter \"q\"", format, pretty);
        co_return;
    }
    const std::string_view time_format = trimmed(parameters.get("time_format"));
    if (!time_format.empty() && time_format != "rfc3339" && time_format != "epoch") {
        answer_error(connection, 400, "Time format must be one of the following: rfc3339,epoch",
                     format, pretty);
        co_return;
    }
    query::QueryRequest request =
        make_request(connection, parameters, format, pretty, services.config().http.max_row_limit);
    if (!has_text) request.text = std::move(*query_file);
    if (parameters.get("async") == "true") {
        io::Task<std::optional<query::QueryRefusal>> checking = services.executor.check(request);
        const std::optional<query::QueryRefusal> refusal = co_await checking;
        if (refusal) {
            answer_error(connection, static_cast<std::uint16_t>(refusal->status), refusal->message,
                         format, pretty);
            co_return;
        }
        if (!services.background.closed()) {
            services.background.spawn(run_in_background(services, std::move(request)));
        }
        connection.answer_no_content();
        co_return;
    }

    co_await run_and_answer(connection, std::move(request), ErrorShape::kV1);
}

io::Task<void> answer_query(Connection& connection, const http::Parameters& parameters,
                            ErrorShape shape) {
    const query::AnswerFormat format = query::answer_format_of(connection.request().accept);
    const bool pretty = connection.parameters().get("pretty") == "true";
    return run_and_answer(connection,
                          make_request(connection, parameters, format, pretty,
                                       connection.services().config().http.max_row_limit),
                          shape);
}

}  // namespace sluice::server
