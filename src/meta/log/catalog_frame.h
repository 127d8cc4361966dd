// Frames: the checksummed pieces that the catalog's files consist of (CATALOG_FORMAT.md). Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "meta/draft/catalog_format.h"
#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::meta {

struct CatalogFrame {
    CatalogFrameKind kind = CatalogFrameKind::kChanges;
    std::uint64_t sequence = 0;
    ByteSpan payload;  // into the file's bytes
    std::uint64_t offset = 0;
};

// Appends one frame and pads it to the alignment.
void append_frame(ByteWriter& out, CatalogFrameKind kind, std::uint64_t generation,
                  std::uint64_t sequence, ByteSpan payload);

struct CatalogFrames {
    std::vector<CatalogFrame> frames;
    // Where the next frame goes: behind the last intact one.
    std::uint64_t end = 0;
    // Bytes other than zero follow `end`: a write that did not complete.
    bool torn_tail = false;
    // Places before `end` that hold no intact frame, or bytes behind one that are not zero: damage,
    // not a crash. Where the first of them is.
    std::uint64_t damaged_places = 0;
    std::uint64_t first_damage = 0;
    // An intact frame has a format version this program does not know.
    bool from_later_version = false;
};

// Reads the frames of `generation`; others do not belong into this file and count as damage.
CatalogFrames scan_frames(ByteSpan file, std::uint64_t generation);

}  // namespace sluice::meta
