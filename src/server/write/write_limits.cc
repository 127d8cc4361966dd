// Bounds that follow from the configuration and from memory.
#include "server/write/write_limits.h"

#include <algorithm>

#include "sluice/ingest/line_protocol.h"
#include "sluice/storage/string_bytes.h"

namespace sluice::server {
namespace {

// 2.x clients send batches of up to 50 MB unless told otherwise, and 2.x has no bound.
constexpr std::size_t kV2BodyBytesMin = 50'000'000;

static_assert(kFieldValueBytesMax == storage::kStringBytesMax);

}  // namespace

std::size_t body_bytes_max(const Config& config, WriteApi api, std::size_t memory_bytes_max) {
    // "0" means no limit in InfluxDB's configuration; here memory is the limit then.
    const std::uint64_t configured = config.http.max_body_size;
    const std::size_t limit = configured == 0 ? memory_bytes_max : configured;
    return api == WriteApi::kV1 ? limit : std::max(limit, kV2BodyBytesMin);
}

std::uint64_t cells_max(std::uint64_t memory_bytes_max) {
    constexpr std::uint64_t kCellsLeast = std::uint64_t{1} << 20;
    return std::clamp(memory_bytes_max / 4 / sizeof(std::uint64_t), kCellsLeast, ingest::kCellsMax);
}

std::size_t string_bytes_max(const Config& config) {
    const std::uint64_t configured = config.data.max_field_value_bytes;
    return configured == 0 ? kFieldValueBytesMax : configured;
}

}  // namespace sluice::server
