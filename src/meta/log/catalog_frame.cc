#include "meta/log/catalog_frame.h"

#include <cstring>
#include <optional>

#include "sluice/base/check.h"
#include "sluice/base/crc32c.h"

namespace sluice::meta {
namespace {

constexpr std::size_t kChecksumEnd = 8;  // the checksum covers all that follows it

// Of a frame that is not intact nothing else means anything.
struct ParsedFrame {
    bool intact = false;
    std::uint16_t version = 0;
    std::uint64_t generation = 0;
    CatalogFrame frame;
};

// Space that was reserved and never written is zero. Comparing the bytes with themselves, moved by
// one, is as fast as memory is.
bool is_zero(ByteSpan bytes) {
    if (bytes.empty()) return true;
    return bytes[0] == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Nothing of a frame is believed before its checksum fits, the number of payload bytes excepted,
// and that is held against its bound and the file first.
ParsedFrame parse_frame(ByteSpan bytes) {
    ParsedFrame parsed;
    ByteReader in(bytes);
    const auto magic = in.read<std::uint32_t>();
    const auto checksum = in.read<std::uint32_t>();
    parsed.version = in.read<std::uint16_t>();
    const auto kind = in.read<std::uint16_t>();
    const auto payload_bytes = in.read<std::uint32_t>();
    parsed.generation = in.read<std::uint64_t>();
    parsed.frame.sequence = in.read<std::uint64_t>();
    if (!in.ok() || magic != kCatalogMagic || payload_bytes > kCatalogPayloadBytesMax)
        return parsed;
    parsed.frame.payload = in.read_span(payload_bytes);
    if (!in.ok()) return parsed;
    const std::size_t covered = kCatalogHeaderBytes - kChecksumEnd + payload_bytes;
    if (crc32c(bytes.subspan(kChecksumEnd, covered)) != checksum) return parsed;
    parsed.frame.kind = static_cast<CatalogFrameKind>(kind);
    parsed.intact = true;
    return parsed;
}

}  // namespace

void append_frame(ByteWriter& out, CatalogFrameKind kind, std::uint64_t generation,
                  std::uint64_t sequence, ByteSpan payload) {
    SLUICE_CHECK(payload.size() <= kCatalogPayloadBytesMax);
    out.pad_to_multiple(kCatalogFrameAlignment);
    const std::size_t start = out.size();
    out.write(kCatalogMagic);
    out.write(std::uint32_t{0});
    out.write(kCatalogFormatVersion);
    out.write(static_cast<std::uint16_t>(kind));
    out.write(static_cast<std::uint32_t>(payload.size()));
    out.write(generation);
    out.write(sequence);
    SLUICE_CHECK(out.size() - start == kCatalogHeaderBytes);
    out.write_span(payload);
    out.write_at(start + 4, crc32c(out.span().subspan(start + kChecksumEnd)));
    out.pad_to_multiple(kCatalogFrameAlignment);
}

// Looks for a frame at each place where one may begin, so that a damaged one costs itself and not
// what follows. Frames of another generation are what the file's space held before.
CatalogFrames scan_frames(ByteSpan file, std::uint64_t generation) {
    CatalogFrames result;
    std::size_t at = 0;
    std::optional<std::size_t> gap;
    const auto note_damage = [&result](std::size_t where) {
        if (result.damaged_places++ == 0) result.first_damage = where;
    };
    while (at < file.size()) {
        ParsedFrame parsed = parse_frame(file.subspan(at));
        if (!parsed.intact || parsed.generation != generation) {
            if (!gap.has_value()) gap = at;
            at += kCatalogFrameAlignment;
            continue;
        }
        if (parsed.version != kCatalogFormatVersion) result.from_later_version = true;
        // What lies before an intact frame is not a torn tail.
        if (gap.has_value()) note_damage(*gap);
        gap.reset();
        parsed.frame.offset = at;
        result.frames.push_back(parsed.frame);
        const std::size_t padding = at + kCatalogHeaderBytes + parsed.frame.payload.size();
        at += align_up(kCatalogHeaderBytes + parsed.frame.payload.size());
        // No checksum covers the padding.
        const std::size_t padding_end = std::min(at, file.size());
        if (!is_zero(file.subspan(padding, padding_end - padding))) note_damage(padding);
        result.end = at;
    }
    // The last frame's padding may lie beyond a file that was cut.
    result.torn_tail = result.end < file.size() && !is_zero(file.subspan(result.end));
    return result;
}

}  // namespace sluice::meta
