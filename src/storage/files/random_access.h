// Reading ranges of an immutable file: the seam between those who parse files and what holds their
// bytes, which is an io::File, a cache, or memory in tests.
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

// What readers make of bytes of a file, and may want again.
enum class Made : std::uint8_t { kBytes, kIndex, kSeriesPage, kSeriesList };

class RandomAccess {
public:
    virtual ~RandomAccess() = default;
    virtual std::uint64_t size() const = 0;
    // Exactly [offset, offset + size), which lies inside the file.
    virtual io::Task<Result<FileBytes>> read(std::uint64_t offset, std::size_t size) = 0;
    // A read() of exactly this is to come: begins with it, or does nothing.
    virtual void read_ahead(std::uint64_t, std::size_t) {}

    // A place for what was made of the bytes at `offset`; it may forget at any time, and the one
    // here always does. Who asks for a kind knows its type.
    virtual std::shared_ptr<const void> find_made(Made, std::uint64_t) { return nullptr; }
    virtual void keep_made(Made, std::uint64_t, std::shared_ptr<const void>, std::size_t) {}
};

}  // namespace sluice::storage
