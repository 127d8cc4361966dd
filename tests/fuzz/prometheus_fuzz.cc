// Bodies of Prometheus: any bytes unpack and parse, or end in an error with a text. What a read
// asks for makes a statement that can be parsed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "server/prometheus/read_statement.h"
#include "server/prometheus/remote_request.h"
#include "server/prometheus/sample_batch.h"
#include "server/prometheus/snappy_block.h"

namespace {

using namespace sluice;
using namespace sluice::server;

void check(bool holds) {
    if (!holds) std::abort();
}

void write(ByteSpan message) {
    const model::ShardMap shards({}, kWeekNs, INT64_MIN);
    model::SeriesIndex index;
    model::PointBatch batch;
    SampleBatch samples(shards, index, batch);
    SampleCounts counts;
    WriteRequestReader reader(message);
    RemoteSeries series;
    for (;;) {
        const auto found = reader.next(series);
        if (!found.ok()) check(!found.error().message.empty());
        if (!found.ok() || !*found) break;
        samples.add(series, counts);
    }
    batch.finish();
    check(batch.row_count() == counts.parsed.rows);
}

void read(ByteSpan message) {
    const auto queries = read_queries(message);
    if (!queries.ok()) return check(!queries.error().message.empty());
    for (const RemoteQuery& query : *queries) {
        const auto statement = statement_of(query);
        if (!statement.ok()) check(!statement.error().message.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kBytesMax = 1 << 20;
    const ByteSpan bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto unpacked_bytes = unpacked_size(bytes);
    if (unpacked_bytes.ok() && *unpacked_bytes <= kBytesMax) {
        static PodVector<std::byte> message;
        if (unpack(bytes, *unpacked_bytes, message).ok()) {
            write({message.data(), message.size()});
            read({message.data(), message.size()});
        }
    }
    // Without the wrapping, so that what is inside is reached sooner.
    write(bytes);
    read(bytes);
    return 0;
}
