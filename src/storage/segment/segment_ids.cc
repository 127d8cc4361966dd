#include "storage/segment/segment_ids.h"

#include <algorithm>

namespace sluice::storage {

void SegmentIds::add_range(Range range) {
    // The first that touches the new one or comes behind it.
    auto first = std::find_if(ranges_.begin(), ranges_.end(), [&](const Range& each) {
        return each.last >= range.first || range.first - each.last == 1;
    });
    auto end = first;
    while (end != ranges_.end() && (end->first <= range.last || end->first - range.last == 1)) {
        range.first = std::min(range.first, end->first);
        range.last = std::max(range.last, end->last);
        ++end;
    }
    first = ranges_.erase(first, end);
    ranges_.insert(first, range);
}

void SegmentIds::add(const SegmentIds& others) {
    for (const Range& each : others.ranges_) add_range(each);
}

bool SegmentIds::contains(std::uint64_t id) const {
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [id](const Range& each) { return each.first <= id && id <= each.last; });
}

void SegmentIds::write(ByteWriter& out) const {
    out.write_varint(ranges_.size());
    std::uint64_t end = 0;
    for (const Range& each : ranges_) {
        out.write_varint(each.first - end);
        out.write_varint(each.last - each.first);
        end = each.last;
    }
}

bool SegmentIds::read(ByteReader& in) {
    ranges_.clear();
    const std::uint64_t count = in.read_varint();
    if (!in.ok() || count > in.remaining()) return false;
    std::uint64_t end = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        Range range{};
        range.first = end + in.read_varint();
        range.last = range.first + in.read_varint();
        if (!in.ok() || range.first < end || range.last < range.first) return false;
        end = range.last;
        add_range(range);
    }
    return true;
}

}  // namespace sluice::storage
