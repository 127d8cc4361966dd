// Compresses an answer while it is made: one gzip member, in bounded memory.
//
// zlib and not libdeflate, which compresses whole buffers only: members in a row would be valid
// too, but curl reads the first and no more.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/http/response.h"

namespace sluice::http {

// Returns whether the answer to a request with this Accept-Encoding is compressed. The test is
// InfluxDB's.
inline bool wants_gzip(std::string_view accept_encoding) {
    return accept_encoding.find("gzip") != std::string_view::npos;
}

class GzipEncoder {
public:
    GzipEncoder();
    ~GzipEncoder();

    // Compresses `bytes` and appends the result to `out`, though not all of it at once.
    void add(std::string_view bytes, OutputBuffer& out);
    // Everything added so far can be read by who has `out`.
    void flush(OutputBuffer& out);
    // The end of the member. Nothing is added after it.
    void finish(OutputBuffer& out);

private:
    struct State;
    void run(std::string_view bytes, int mode, OutputBuffer& out);

    std::unique_ptr<State> state_;
};

}  // namespace sluice::http
