// The messages of Prometheus' remote storage (prompb/remote.proto, prompb/types.proto), as far as
// they are understood here; fields that are not known are passed over.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"

namespace sluice::server {

struct RemoteLabel {
    std::string_view name;
    std::string_view value;
};
struct RemoteSample {
    double value = 0;
    std::int64_t time_ms = 0;
};
struct RemoteSeries {
    std::vector<RemoteLabel> labels;
    std::vector<RemoteSample> samples;
};

// Reads a WriteRequest series by series.
class WriteRequestReader {
public:
    // `message` outlives the reader and what it gives.
    explicit WriteRequestReader(ByteSpan message);
    ~WriteRequestReader();

    // Fills `series` with the next one; false where there is none any more.
    Result<bool> next(RemoteSeries& series);

private:
    class Fields;
    std::unique_ptr<Fields> fields_;
};

struct RemoteMatcher {
    enum class Kind : std::uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };
    Kind kind = Kind::kEqual;
    std::string_view name;
    std::string_view value;
};
struct RemoteQuery {
    std::int64_t start_ms = 0;  // inclusive, as the end
    std::int64_t end_ms = 0;
    std::vector<RemoteMatcher> matchers;
};

// Reads a ReadRequest, whose views are into `message`.
Result<std::vector<RemoteQuery>> read_queries(ByteSpan message);

}  // namespace sluice::server
