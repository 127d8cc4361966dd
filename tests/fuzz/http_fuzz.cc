// HTTP heads, chunked bodies and forms: any bytes, in any pieces, end without a fault; and how the
// bytes were cut makes no difference to what is understood.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sluice/http/chunked_decoder.h"
#include "sluice/http/form.h"
#include "sluice/http/request_parser.h"

namespace {

using namespace sluice;
using namespace sluice::http;

constexpr std::size_t kBodyBytesMax = 1 << 16;

struct Understood {
    bool head = false;
    std::string path;
    std::string query;
    std::string headers;
    ChunkedDecoder::Outcome body_outcome = ChunkedDecoder::Outcome::kNeedMore;
    std::string body;
    bool operator==(const Understood&) const = default;
};

Understood read(std::string_view bytes, std::size_t piece) {
    Understood got;
    RequestParser parser({.bytes_max = 1 << 14, .fields_max = 32});
    ChunkedDecoder decoder;
    PodVector<std::byte> body;
    while (!bytes.empty()) {
        const std::string_view now = bytes.substr(0, piece);
        if (!got.head) {
            const auto progress = parser.feed(now);
            if (progress.consumed > now.size()) std::abort();
            bytes.remove_prefix(progress.consumed);
            if (progress.outcome == RequestParser::Outcome::kRefused) break;
            if (progress.outcome == RequestParser::Outcome::kNeedMore) continue;
            got.head = true;
            got.path = parser.request().path;
            got.query = parser.request().query;
            for (const HeaderField& field : parser.request().headers) {
                got.headers += std::string(field.name) + ':' + std::string(field.value) + '\n';
            }
            if (parser.request().framing != BodyFraming::kChunked) break;
            continue;
        }
        const auto progress = decoder.feed(now, body, kBodyBytesMax);
        if (progress.consumed > now.size() || body.size() > kBodyBytesMax) std::abort();
        bytes.remove_prefix(progress.consumed);
        got.body_outcome = progress.outcome;
        if (progress.outcome != ChunkedDecoder::Outcome::kNeedMore) break;
    }
    // What a refused body held so far depends on the cuts, and nobody looks at it.
    if (got.body_outcome == ChunkedDecoder::Outcome::kDone) {
        got.body = as_text({body.data(), body.size()});
    }
    return got;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1 + data[0] % 64;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (read(bytes, bytes.size() + 1) != read(bytes, piece)) std::abort();

    Parameters parameters;
    parameters.parse(bytes);
    parameters.get("q");
    Parameters form;
    std::vector<FormFile> files;
    (void)parse_form("multipart/form-data; boundary=b", bytes, form, files).ok();
    return 0;
}
