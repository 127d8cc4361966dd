// Gzip bodies: any bytes end in a body within its bound or in an error with a text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "sluice/http/content_encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sluice;
    constexpr std::size_t kBodyBytesMax = 1 << 20;
    static http::GzipDecoder decoder;
    static PodVector<std::byte> body;
    const auto result =
        decoder.decode({reinterpret_cast<const std::byte*>(data), size}, body, kBodyBytesMax);
    if (result.ok() ? body.size() > kBodyBytesMax : result.error().message.empty()) std::abort();
    return 0;
}
