// This part of the store reads new segments into the block cache: what was written last is what is
// asked for next, and a merge has taken away what the cache held of its inputs.
#include "storage/store/store_parts.h"

namespace sluice::storage {

// Reads the blocks of a segment once, as far as the cache has room: nothing is pushed out for them,
// and nothing that is to be flushed waits for them. Errors are not reported here: a query that
// needs the bytes will meet them.
io::Task<void> StoreParts::warm(SegmentRecord record) {
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
