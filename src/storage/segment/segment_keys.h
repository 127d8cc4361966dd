// The series keys of a measurement of a segment, in batches that fit into memory.
#pragma once

#include <cstdint>

#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/storage/series_list.h"
#include "storage/segment/segment_reader.h"

namespace sluice::storage {

// Of one core. A batch is all keys, where they are few, or those of one page.
class SegmentKeys {
public:
    // All of it outlives the keys.
    SegmentKeys(io::Reactor& reactor, const SegmentReader& reader,
                const SegmentMeasurement& measurement, const SegmentIndex& index)
        : reactor_(reactor), reader_(reader), measurement_(measurement), index_(index) {}

    std::uint32_t batch_count() const { return is_held() ? 1 : index_.page_count(); }
    // A batch cannot be read: from here on a batch is a page, so that a damaged one costs its own
    // keys only. False where batches are pages already.
    bool let_go();
    // `number` is below batch_count().
    io::Task<Result<SeriesList>> read_batch(std::uint32_t number) const;

private:
    // A segment with more pages does not have its list held in memory.
    static constexpr std::uint32_t kPagesHeldMax = 64;

    bool is_held() const { return index_.page_count() <= kPagesHeldMax && !is_damaged_; }
    io::Task<Result<SeriesList>> read_page(std::uint32_t number) const;

    io::Reactor& reactor_;
    const SegmentReader& reader_;
    const SegmentMeasurement& measurement_;
    const SegmentIndex& index_;
    bool is_damaged_ = false;
};

}  // namespace sluice::storage
