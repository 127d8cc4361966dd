// Snappy's block format, in which Prometheus sends and wants its messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"

namespace sluice::server {

// Returns the size that the block says it has when it is unpacked. Nothing is made for it yet.
Result<std::size_t> unpacked_size(ByteSpan block);
// Unpacks a whole block into `out`. `size` is what unpacked_size() has said of it.
Result<void> unpack(ByteSpan block, std::size_t size, PodVector<std::byte>& out);

// Packs a text in pieces, so that a long one does not keep the core from everything else.
class SnappyPacker {
public:
    // `text` outlives the packer.
    explicit SnappyPacker(std::string_view text);

    // Packs a piece, and returns true while some of the text is left.
    bool pack_piece();
    // The whole block, once nothing is left.
    const std::string& block() const { return block_; }

private:
    std::string_view left_;
    std::string piece_;
    std::string block_;
};

}  // namespace sluice::server
