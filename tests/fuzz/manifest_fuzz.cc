// Manifest files: what parses says the same when it is written again.
#include <cstddef>
#include <cstdint>

#include "sluice/base/check.h"
#include "storage/manifest/manifest_format.h"

using namespace sluice;
using namespace sluice::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto content = parse_manifest(bytes);
    if (!content.ok()) return 0;
    ByteWriter again;
    std::uint64_t hash = 0;
    append_manifest_record(again, 1, hash, content->state.snapshot());
    const auto reread = parse_manifest(again.span());
    SLUICE_CHECK(reread.ok() && reread->state.segments == content->state.segments);
    SLUICE_CHECK(reread->state.logs == content->state.logs && reread->records_lost == 0);
    // The input as the two copies of a file, cut in the middle.
    (void)parse_manifest(bytes.first(size / 2), bytes.subspan(size / 2));
    return 0;
}
