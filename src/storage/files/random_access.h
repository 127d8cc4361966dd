// A RandomAccess reads ranges of an immutable file. It is the seam between the code that parses
// files and whatever holds their bytes: an io::File, a cache, or memory in tests.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/base/bytes.h"
#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::storage {

// Bytes of a file together with what keeps them in memory (a buffer, or a page of a cache).
struct FileBytes {
    std::shared_ptr<const void> owner;
    ByteSpan bytes;
};

// The things that readers make of bytes of a file, and may want again.
enum class Made : std::uint8_t {
    kBytes,
    kIndex,
    kSeriesPage,
    kSeriesList,
    kTagPages,
    kSeriesDigest
};

class RandomAccess {
public:
    virtual ~RandomAccess() = default;
    virtual std::uint64_t size() const = 0;
    // Reads exactly [offset, offset + size), which lies inside the file.
    virtual io::Task<Result<FileBytes>> read(std::uint64_t offset, std::size_t size) = 0;
    // Tells that a read() of exactly this is to come. An implementation begins with it, or does
    // nothing.
    virtual void read_ahead(std::uint64_t, std::size_t) {}

    // What was made of the bytes at `offset`. `name` tells several of one kind apart, and is 0
    // where there is one. The kind implies the type.
    struct MadeKey {
        Made made;
        std::uint64_t offset;
        std::uint64_t name = 0;
    };
    // These keep what was made. An implementation may forget it at any time, and the one here
    // always does.
    virtual std::shared_ptr<const void> find_made(const MadeKey&) { return nullptr; }
    virtual void keep_made(const MadeKey&, std::shared_ptr<const void>, std::size_t) {}
};

}  // namespace sluice::storage
