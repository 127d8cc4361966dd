#include "server/prometheus/remote_read.h"

#include <optional>
#include <string>
#include <utility>

#include "server/http/answers.h"
#include "server/http/connection.h"
#include "server/http/small_body.h"
#include "server/prometheus/read_answer.h"
#include "server/prometheus/remote_request.h"
#include "server/prometheus/snappy_block.h"
#include "server/query/client_sink.h"
#include "server/services/request_timer.h"
#include "sluice/model/errors.h"

namespace sluice::server {
namespace {

// A query is a few matchers.
constexpr std::size_t kRequestBytesMax = kMiB;
// Of the documents that the answer is made from: each is read in one step.
constexpr std::uint64_t kRowsPerDocument = 1000;
// Room for an answer comes back when others have been sent.
constexpr unsigned kRetryAfterS = 1;
// The message while it is made, and packed once more.
constexpr std::uint64_t kCopies = 2;

// Takes the answer of a query, document by document.
class AnswerCollector final : public ClientSink {
public:
    // A client that has left reads nothing, as the answer comes as one.
    AnswerCollector(Connection& connection, const NameFilter& names, engine::Permit& permit)
        : ClientSink(connection, 0), answer_(names), permit_(permit) {}

    void begin(const query::AnswerStart& head) override {
        if (head.status == 200) return;
        status_ = static_cast<std::uint16_t>(head.status);
        error_ = head.error;
    }

    // Reads one document of the answer into the message. The permit grows with it, and where there
    // is no room the query is cancelled by the error: nothing has been sent yet, so 503 is still
    // possible.
    io::Task<Result<void>> write(std::string_view bytes) override {
        if (status_ != 200) co_return Result<void>();
        Result<void> added = answer_.add(bytes);
        if (!added.ok()) {
            status_ = 400;
            error_ = added.error().message;
            co_return added;
        }
        const std::uint64_t bytes_held = answer_.bytes() * kCopies;
        if (bytes_held > permit_.bytes() && !permit_.grow_to(bytes_held).ok()) {
            status_ = 503;
            error_ = model::kServerBusy;
            co_return Error{ErrorKind::kBusy, error_};
        }
        co_return Result<void>();
    }

    std::uint16_t status() const { return status_; }
    const std::string& error() const { return error_; }
    ReadAnswer& answer() { return answer_; }

private:
    ReadAnswer answer_;
    engine::Permit& permit_;
    std::uint16_t status_ = 200;
    std::string error_;
};

// Receives and unpacks the request. It returns false when an error has been answered or the client
// is gone.
io::Task<bool> receive_message(Connection& connection, engine::Permit& permit,
                               BodyBuffer& message) {
    CoreServices& services = connection.services();
    BodyPool::Lease body = services.bodies.take();
    const SmallBody received =
        co_await receive_small_body(connection, kRequestBytesMax, false, permit, *body);
    if (received == SmallBody::kSettled) co_return false;
    if (received != SmallBody::kWhole) {
        const bool too_large = received == SmallBody::kTooLarge;
        answer_error(connection, too_large ? 413 : 400,
                     too_large ? model::kBodyTooLarge : "the request body cannot be read");
        co_return false;
    }
    const ByteSpan block(body->data(), body->size());
    const Result<std::size_t> size = unpacked_size(block);
    if (size.ok() && *size > kRequestBytesMax) {
        answer_error(connection, 413, model::kBodyTooLarge);
        co_return false;
    }
    const Result<void> unpacked =
        size.ok() ? unpack(block, *size, message) : Result<void>(size.error());
    if (!unpacked.ok()) answer_error(connection, 400, unpacked.error().message);
    co_return unpacked.ok();
}

Result<ReadStatement> statement_in(ByteSpan message) {
    SLUICE_TRY(const std::vector<RemoteQuery> queries, read_queries(message));
    if (queries.size() != 1) {
        return Error{ErrorKind::kInvalid,
                     "Prometheus read endpoint currently only supports one query at a time"};
    }
    return statement_of(queries.front());
}

query::QueryRequest make_request(Connection& connection, ReadStatement& statement) {
    query::QueryRequest request = begin_request(connection, connection.parameters().get("u"));
    request.text = std::move(statement.text);
    request.params = std::move(statement.parameters);
    request.database = connection.parameters().get("db");
    request.retention_policy = connection.parameters().get("rp");
    request.epoch = "ms";
    request.chunked = true;
    request.chunk_size = kRowsPerDocument;
    return request;
}

// Packed in pieces with turns for others between them: a message may be a hundred megabytes.
io::Task<void> answer_message(Connection& connection, AnswerCollector& collector) {
    CoreServices& services = connection.services();
    const std::string message = collector.answer().finish();
    SnappyPacker packer(message);
    while (packer.pack_piece()) co_await services.reactor.yield();
    services.metrics.query_body_bytes.add(packer.block().size());
    http::ResponseHead head(200);
    head.add("Content-Type", "application/x-protobuf");
    head.add("Content-Encoding", "snappy");
    connection.answer(head, packer.block());
}

}  // namespace

io::Task<void> handle_remote_read(Connection& connection) {
    CoreServices& services = connection.services();
    services.metrics.queries.add();
    services.metrics.remote_reads.add();
    engine::Permit permit;
    BodyPool::Lease message = services.bodies.take();
    const bool received = co_await receive_message(connection, permit, *message);
    if (!received) co_return;
    connection.release_input();
    Result<ReadStatement> statement = statement_in({message->data(), message->size()});
    if (!statement.ok()) {
        answer_error(connection, 400, statement.error().message);
        co_return;
    }
    const RequestTimer timer(services.reactor, services.metrics.queries_active,
                             services.metrics.query_ns, services.metrics.query_latency_ns);
    AnswerCollector collector(connection, statement->names, permit);
    io::Task<Result<void>> running =
        run_for_client(connection, make_request(connection, *statement), collector);
    const auto done = co_await running;
    if (collector.status() == 503) {
        answer_overload(connection, false, collector.error(), kRetryAfterS);
    } else if (collector.status() != 200) {
        answer_error(connection, collector.status(), collector.error());
    } else if (!done.ok()) {
        connection.abort();
    } else {
        co_await answer_message(connection, collector);
    }
}

}  // namespace sluice::server
