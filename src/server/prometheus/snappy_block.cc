#include "server/prometheus/snappy_block.h"

#include <snappy.h>

#include <algorithm>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

// About a third of a millisecond.
constexpr std::size_t kPieceBytes = 256 * kKiB;

const char* chars_of(ByteSpan bytes) {
    return reinterpret_cast<const char*>(bytes.data());
}

// The text of Go's package.
Error corrupt() {
    return {ErrorKind::kInvalid, "snappy: corrupt input"};
}

std::string varint(std::size_t value) {
    std::string text;
    for (; value >= 0x80; value >>= 7) text += static_cast<char>(value | 0x80);
    return text + static_cast<char>(value);
}

}  // namespace

Result<std::size_t> unpacked_size(ByteSpan block) {
    std::size_t size = 0;
    if (!snappy::GetUncompressedLength(chars_of(block), block.size(), &size)) return corrupt();
    return size;
}

Result<void> unpack(ByteSpan block, std::size_t size, PodVector<std::byte>& out) {
    out.clear();
    char* const to = reinterpret_cast<char*>(out.append_uninitialized(size));
    if (!snappy::RawUncompress(chars_of(block), block.size(), to)) return corrupt();
    return {};
}

SnappyPacker::SnappyPacker(std::string_view text) : left_(text), block_(varint(text.size())) {}

// A block is its size and then elements that copy only from what the same element of 64 KiB has
// brought (format_description.txt of Snappy): so the elements of pieces may follow each other.
bool SnappyPacker::pack_piece() {
    const std::string_view piece = left_.substr(0, kPieceBytes);
    left_.remove_prefix(piece.size());
    if (!piece.empty()) {
        snappy::Compress(piece.data(), piece.size(), &piece_);
        block_ += std::string_view(piece_).substr(varint(piece.size()).size());
    }
    return !left_.empty();
}

}  // namespace sluice::server
