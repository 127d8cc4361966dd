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

class RandomAccess {
public:
    virtual ~RandomAccess() = default;
    virtual std::uint64_t size() const = 0;
    // Exactly [offset, offset + size), which lies inside the file.
    virtual io::Task<Result<FileBytes>> read(std::uint64_t offset, std::size_t size) = 0;
};

}  // namespace sluice::storage
