// A live segment: its manifest record, its file, and its reader once somebody needed it.
//
// Scans and merges hold a segment by shared_ptr. When the last of them lets go, the reaper closes
// the file, and removes it if the manifest no longer lists it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"
#include "sluice/storage/store_metrics.h"
#include "storage/rows/delete_filter.h"
#include "storage/segment/block_cache.h"
#include "storage/segment/cached_access.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_record.h"

namespace sluice::storage {

class SegmentReaper;

// The file in one pass from front to back, past the cache: for merges and verification.
class SequentialAccess final : public RandomAccess {
public:
    SequentialAccess(io::File& file, std::uint64_t size) : file_(file), size_(size) {}

    std::uint64_t size() const override { return size_; }
    io::Task<Result<FileBytes>> read(std::uint64_t offset, std::size_t size) override;

private:
    io::File& file_;
    std::uint64_t size_;
    std::shared_ptr<AlignedBuffer> window_;
    std::uint64_t window_offset_ = 0;
    std::uint64_t window_bytes_ = 0;
};

class Segment {
public:
    Segment(io::Reactor& reactor, std::string path, SegmentRecord record, BlockCache& cache,
            StoreMetrics& metrics);

    const SegmentRecord& record() const { return record_; }
    const std::string& path() const { return path_; }
    model::TimeRange time_range() const {
        return {record_.meta.time_min, record_.meta.time_max + 1};
    }

    // For a filter of its rows of one measurement.
    DeleteScope delete_scope(std::string_view measurement) const {
        return {record_.meta.group,
                measurement,
                time_range(),
                record_.deletes_applied,
                record_.meta.sequence_min,
                record_.meta.sequence_max};
    }
    // The manifest says so already.
    void set_deletes_applied(std::uint64_t sequence) { record_.deletes_applied = sequence; }

    // Opens the file and reads its footer, once. The reader lives as long as the segment.
    io::Task<Result<const SegmentReader*>> reader();
    io::File& file() { return file_; }

    // The manifest no longer lists it: the file goes with the last user.
    void set_obsolete() { obsolete_ = true; }
    // Its bytes contradict their checksums: merges leave it alone.
    void set_damaged() { damaged_ = true; }
    bool damaged() const { return damaged_; }
    // Being merged.
    bool busy = false;

private:
    friend class SegmentReaper;
    io::Task<Result<void>> open();

    io::Reactor& reactor_;
    std::string path_;
    SegmentRecord record_;
    BlockCache& cache_;
    io::File file_;
    CachedAccess access_;
    std::unique_ptr<SegmentReader> reader_;
    bool opening_ = false;
    bool obsolete_ = false;
    bool damaged_ = false;
    io::Event opened_;
};

using SegmentPtr = std::shared_ptr<Segment>;

// Closes and removes what nobody holds any more.
class SegmentReaper {
public:
    explicit SegmentReaper(io::Reactor& reactor) : reactor_(reactor) {}
    ~SegmentReaper();

    // The reaper outlives the segment.
    SegmentPtr adopt(std::unique_ptr<Segment> segment);

    // Ends after stop(), when all have been let go and are closed.
    io::Task<void> run();
    void stop() {
        stopping_ = true;
        filled_.notify_all();
    }
    // Nothing is held and nothing waits to be closed.
    bool idle() const { return live_ == 0; }

private:
    io::Reactor& reactor_;
    std::deque<std::unique_ptr<Segment>> released_;
    std::size_t live_ = 0;
    bool stopping_ = false;
    io::Event filled_;
};

}  // namespace sluice::storage
