#include "storage/upkeep/cache_warmer.h"

namespace sluice::storage {

// Asked again before each block: a flush that waits needs the device more, and a cache that is full
// by now holds what queries have asked for meanwhile.
io::Task<void> CacheWarmer::warm(SegmentRecord record) {
    const SegmentPtr segment = segments_.find(record);
    if (segment == nullptr) co_return;
    const Result<const SegmentReader*> reader = co_await segment->reader();
    if (!reader.ok()) co_return;
    for (const SegmentMeasurement& measurement : (*reader)->measurements()) {
        if (!segments_.cache().has_room(measurement.index.size)) co_return;
        const auto index = co_await (*reader)->load_index(measurement);
        if (!index.ok()) co_return;
        for (std::uint32_t block = 0; block < (*index)->block_count(); ++block) {
            const std::uint64_t bytes = (*index)->block(block).range.size + 2 * kDirectIoAlignment;
            if (life_.stopping || !heads_.frozen().empty() || !segments_.cache().has_room(bytes))
                co_return;
            const Result<void> read = co_await (*reader)->read_block_bytes(**index, block);
            if (!read.ok()) co_return;
        }
    }
}

}  // namespace sluice::storage
