// A Segment is a live segment: its manifest record, its file, and its reader, which is made when it
// is needed first.
//
// Scans and merges hold a segment by shared_ptr. When the last of them lets go, the reaper closes
// the file, and removes it if the manifest no longer lists it.
//
// No segment is read at a start that has a manifest: reader() opens the file when it is needed
// first, and calls meanwhile wait for that. A shared_ptr may be released in the middle of any work,
// where nothing can be awaited, so the deleter only puts the segment into the reaper's list, and
// the reaper's own task waits for reads that are under way, closes the file, and removes it if the
// segment is obsolete.
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
#include "storage/cache/block_cache.h"
#include "storage/cache/cached_access.h"
#include "storage/rows/delete_filter.h"
#include "storage/segment/open_files.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_record.h"

namespace sluice::storage {

class SegmentReaper;

// Reads the file in one pass from front to back, past the cache. Merges and verification use it,
// because they would push out what queries need.
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
            OpenFiles& open_files, StoreMetrics& metrics);
    // The same segment, not open.
    std::unique_ptr<Segment> closed_copy() const;
    bool is_open() const { return file_.is_open(); }

    const SegmentRecord& record() const { return record_; }
    const std::string& path() const { return path_; }
    model::TimeRange time_range() const {
        return {record_.meta.time_min, record_.meta.time_max + 1};
    }

    // Returns the scope by which a delete filter is narrowed to the rows of one measurement.
    DeleteScope delete_scope(std::string_view measurement) const {
        return {record_.meta.group,
                measurement,
                time_range(),
                record_.deletes_applied,
                record_.meta.sequence_min,
                record_.meta.sequence_max};
    }
    // Called once the manifest says that deletes up to the sequence have been applied.
    void set_deletes_applied(std::uint64_t sequence) { record_.deletes_applied = sequence; }

    // Opens the file and reads its footer, once. The reader lives as long as the segment.
    io::Task<Result<const SegmentReader*>> reader();
    io::File& file() { return file_; }

    // Called once the manifest no longer lists the segment: its file goes with the last user.
    void set_obsolete() { obsolete_ = true; }
    // The readers that see it: those that began at `since` or later, and before `until`.
    Epoch since() const { return since_; }
    Epoch until() const { return until_; }
    bool is_seen_at(Epoch view) const { return since_ <= view && view < until_; }
    void set_since(Epoch epoch) { since_ = epoch; }
    void set_until(Epoch epoch) { until_ = epoch; }
    // Called when bytes contradict their checksums. Merges leave the segment alone from then on.
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
    OpenFiles& open_files_;
    StoreMetrics& metrics_;
    io::File file_;
    CachedAccess access_;
    std::unique_ptr<SegmentReader> reader_;
    bool opening_ = false;
    bool obsolete_ = false;
    bool damaged_ = false;
    Epoch since_ = 0;
    Epoch until_ = kForEver;
    io::Event opened_;
};

using SegmentPtr = std::shared_ptr<Segment>;

// A SegmentReaper closes, and removes, segments that are no longer held.
class SegmentReaper {
public:
    explicit SegmentReaper(io::Reactor& reactor) : reactor_(reactor) {}
    ~SegmentReaper();

    // The reaper outlives the segment.
    SegmentPtr adopt(std::unique_ptr<Segment> segment);

    // Ends after stop(), when all segments have been let go and are closed.
    io::Task<void> run();
    void stop() {
        stopping_ = true;
        filled_.notify_all();
    }
    // Returns whether no segment is held and none waits to be closed.
    bool idle() const { return live_ == 0; }

private:
    io::Reactor& reactor_;
    std::deque<std::unique_ptr<Segment>> released_;
    std::size_t live_ = 0;
    bool stopping_ = false;
    io::Event filled_;
};

}  // namespace sluice::storage
