// The series keys of a measurement of a segment, in batches that fit into memory.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/storage/series_list.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/tag_pages.h"

namespace sluice::storage {

// Of one core. A batch is all keys, where they are few, or those of one page.
class SegmentKeys {
public:
    // All of it outlives the keys. With a choice, which may be null, batches leave out most keys
    // that it does not allow.
    SegmentKeys(io::Reactor& reactor, const SegmentReader& reader,
                const SegmentMeasurement& measurement, const SegmentIndex& index,
                const TagChoice* choice)
        : reactor_(reactor),
          reader_(reader),
          measurement_(measurement),
          index_(index),
          choice_(choice) {}

    // Comes before the other calls.
    io::Task<Result<void>> prepare();

    std::uint32_t batch_count() const { return is_held() ? 1 : index_.page_count(); }
    // Returns whether it is known, without reading it, that a batch has no key.
    bool is_empty(std::uint32_t number) const {
        return pages_ != nullptr && !pages_->may_have(number, *choice_);
    }
    // A batch cannot be read: from here on a batch is a page, so that a damaged one costs its own
    // keys only. False where batches are pages already.
    bool let_go();
    // `number` is below batch_count().
    io::Task<Result<SeriesList>> read_batch(std::uint32_t number) const;

private:
    // A segment with more pages does not have its list held in memory.
    static constexpr std::uint32_t kPagesHeldMax = 64;
    // With fewer, all of them are read: a filter would be as much work.
    static constexpr std::uint32_t kPagesFilteredMin = 4;

    bool is_held() const {
        return choice_ == nullptr && index_.page_count() <= kPagesHeldMax && !is_damaged_;
    }
    io::Task<Result<SeriesList>> read_page(std::uint32_t number) const;

    io::Reactor& reactor_;
    const SegmentReader& reader_;
    const SegmentMeasurement& measurement_;
    const SegmentIndex& index_;
    const TagChoice* const choice_;
    std::shared_ptr<const TagPages> pages_;  // null: no page is left out
    bool is_damaged_ = false;
};

}  // namespace sluice::storage
