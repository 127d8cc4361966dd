#include "request_set.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace sluice::perf {
namespace {

constexpr std::size_t kTelegrafChunkBytes = 240;
constexpr int kGzipLevel = 6;  // what Go's compress/gzip uses unless told otherwise

class GzipCompressor {
public:
    GzipCompressor() : compressor_(libdeflate_alloc_compressor(kGzipLevel)) {
        if (compressor_ == nullptr) std::abort();
    }
    GzipCompressor(const GzipCompressor&) = delete;
    GzipCompressor& operator=(const GzipCompressor&) = delete;
    ~GzipCompressor() { libdeflate_free_compressor(compressor_); }

    std::string compress(std::string_view text) {
        std::string out(libdeflate_gzip_compress_bound(compressor_, text.size()), '\0');
        out.resize(libdeflate_gzip_compress(compressor_, text.data(), text.size(), out.data(),
                                            out.size()));
        return out;
    }

private:
    libdeflate_compressor* compressor_;
};

void append_chunks(std::string& out, std::string_view body) {
    char size[16];
    while (!body.empty()) {
        const std::string_view chunk = body.substr(0, kTelegrafChunkBytes);
        out.append(size, static_cast<std::size_t>(
                             std::snprintf(size, sizeof size, "%zx\r\n", chunk.size())));
        out += chunk;
        out += "\r\n";
        body.remove_prefix(chunk.size());
    }
    out += "0\r\n\r\n";
}

}  // namespace

RequestSet::RequestSet(Workload& workload, std::uint64_t line_count, const RequestOptions& options)
    : line_count_(line_count), lines_per_request_(options.lines_per_request) {
    std::string head = "POST " + options.target + " HTTP/1.1\r\nHost: " + options.host +
                       "\r\nUser-Agent: sluice-load\r\nContent-Type: text/plain; charset=utf-8\r\n";
    if (options.gzip) head += "Content-Encoding: gzip\r\n";
    GzipCompressor gzip;
    std::string body;
    ends_.reserve((line_count + lines_per_request_ - 1) / lines_per_request_);
    for (std::uint64_t line = 0; line < line_count;) {
        body.clear();
        const std::uint64_t end = std::min(line + lines_per_request_, line_count);
        for (; line < end; ++line) workload.append_line(body);
        line_bytes_ += body.size();
        if (options.gzip) body = gzip.compress(body);
        bytes_ += head;
        if (options.framing == Framing::kLength) {
            bytes_ += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
            bytes_ += body;
        } else {
            bytes_ += "Transfer-Encoding: chunked\r\n\r\n";
            append_chunks(bytes_, body);
        }
        ends_.push_back(bytes_.size());
    }
}

std::uint64_t RequestSet::lines(std::size_t index) const {
    return std::min(lines_per_request_, line_count_ - index * lines_per_request_);
}

}  // namespace sluice::perf
