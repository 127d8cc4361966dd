// An AnswerSink takes the bytes of an answer.
//
// They match InfluxDB 1.x: JSON as Go's encoding/json writes it, CSV as encoding/csv does, both
// with a newline behind every document; MessagePack as tinylib/msgp.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/query/answer_format.h"

namespace sluice::query {

class RunningQuery;

// The facts that are settled before the first byte of a body.
struct AnswerStart {
    // 400 where the text cannot be parsed, 403 where it is not allowed; errors of statements are
    // 200.
    int status = 200;
    AnswerFormat format = AnswerFormat::kJson;
    std::string error;  // for X-Influxdb-Error; empty with status 200
};

// A sink lives until execute() has completed.
class AnswerSink {
public:
    virtual ~AnswerSink() = default;

    // Called exactly once, before the first write().
    virtual void begin(const AnswerStart& head) = 0;

    // Is called before the first statement. The query may be stopped through `query` until
    // execute() has completed or detach() was called.
    virtual void attach(RunningQuery& query) { static_cast<void>(query); }
    virtual void detach() {}

    // Takes one piece of the body; a chunked answer passes each of its documents in one call. It
    // completes when the next piece may come, which is how a slow client holds a query back.
    // `bytes` are valid until then. An error, which means that the client is gone, cancels the
    // query.
    virtual io::Task<Result<void>> write(std::string_view bytes) = 0;
};

// A sink for an answer that nobody reads.
class DiscardSink final : public AnswerSink {
public:
    void begin(const AnswerStart&) override {}
    io::Task<Result<void>> write(std::string_view) override { co_return Result<void>(); }
};

}  // namespace sluice::query
