// A SegmentIds is a set of segment numbers, kept as ranges: a store gives numbers out in order, so
// what was merged together is mostly a few ranges.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"

namespace sluice::storage {

class SegmentIds {
public:
    void add(std::uint64_t id) { add_range({id, id}); }
    void add(const SegmentIds& others);
    bool contains(std::uint64_t id) const;
    bool operator==(const SegmentIds&) const = default;

    // A varint count, and for each range the distance from the one before and the numbers beside
    // its first.
    void write(ByteWriter& out) const;
    // Returns false when the bytes are no such list.
    bool read(ByteReader& in);

private:
    struct Range {
        std::uint64_t first;
        std::uint64_t last;
        bool operator==(const Range&) const = default;
    };
    void add_range(Range range);

    std::vector<Range> ranges_;  // ascending, never adjacent
};

}  // namespace sluice::storage
