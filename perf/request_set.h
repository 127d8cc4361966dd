// Complete HTTP requests, made before the clock starts: sending one costs the client a write(2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workload.h"

namespace sluice::perf {

enum class Framing {
    kLength,   // Content-Length, as wrk, curl and most libraries send
    kChunked,  // chunks of 240 bytes, as Go's deflate writer makes them in Telegraf
};

struct RequestOptions {
    std::string target = "/write?db=bench";
    std::string host = "127.0.0.1";
    std::uint64_t lines_per_request = 5000;
    Framing framing = Framing::kLength;
    bool gzip = false;
};

class RequestSet {
public:
    // Takes `line_count` lines of the workload, the last request holding what is left over.
    RequestSet(Workload& workload, std::uint64_t line_count, const RequestOptions& options);

    std::size_t size() const { return ends_.size(); }
    std::string_view request(std::size_t index) const {
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::string_view(bytes_).substr(begin, ends_[index] - begin);
    }
    std::uint64_t lines(std::size_t index) const;
    std::uint64_t line_bytes() const { return line_bytes_; }

private:
    std::uint64_t line_count_;
    std::uint64_t lines_per_request_;
    std::uint64_t line_bytes_ = 0;
    std::string bytes_;
    std::vector<std::size_t> ends_;
};

}  // namespace sluice::perf
