// A SegmentReader reads a segment: measurements from the footer, then one measurement's index, then
// chosen chunks of chosen blocks. Every byte is checked against its checksum before it is believed.
//
// A segment is immutable, so everything read from it stays true. Errors are kCorrupt (or
// kUnsupported for a newer version) with path and place in the message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/io/task.h"
#include "sluice/storage/scan.h"
#include "sluice/storage/series_list.h"
#include "storage/files/random_access.h"
#include "storage/segment/segment_format.h"
#include "storage/segment/segment_index.h"
#include "storage/segment/series_digest.h"
#include "storage/segment/tag_pages.h"

namespace sluice::storage {

// One block, decoded as far as it was asked for. Its memory is used again from block to block.
struct SegmentBlock {
    std::uint32_t rows = 0;
    std::uint32_t first_series = 0;     // number of the first series in the measurement
    PodVector<std::uint32_t> run_rows;  // rows of that series, the next one, ...
    PodVector<model::Timestamp> times;
    PodVector<std::uint64_t> sequences;         // when asked for and present
    std::vector<codec::DecodedColumn> columns;  // in the order asked for; absent: all null
};

struct BlockRequest {
    std::span<const std::uint32_t> columns;  // indexes into SegmentIndex::columns()
    bool with_sequences = false;
    // The sorted numbers of the series whose rows are wanted, or null for all. In the rows of other
    // series only the times are right.
    const std::vector<std::uint32_t>* series = nullptr;
};

// A reader lives as long as its users, whose calls may overlap. `access` outlives it.
class SegmentReader {
public:
    // Opens a segment by reading trailer and footer. `path` is for messages.
    static io::Task<Result<std::unique_ptr<SegmentReader>>> open(RandomAccess& access,
                                                                 std::string path);

    const std::string& path() const { return path_; }
    const SegmentMeta& meta() const { return footer_.meta; }
    bool has_sequences() const { return footer_.has_sequences; }
    // Returns whether a block's sums of floats include those of the blocks before, back to the
    // first block that its series has for itself.
    bool has_running_sums() const { return footer_.has_running_sums; }
    const std::optional<SegmentIds>& lineage() const { return footer_.lineage; }
    // Sorted by name.
    std::span<const SegmentMeasurement> measurements() const { return footer_.measurements; }
    // Returns nullptr when the segment does not hold the measurement.
    const SegmentMeasurement* find_measurement(std::string_view name) const;

    // Loads the directory of series pages and blocks of one measurement, which takes about the
    // memory that it takes on disk. `measurement` is one of measurements().
    io::Task<Result<std::shared_ptr<const SegmentIndex>>> load_index(
        const SegmentMeasurement& measurement) const;

    // For the calls that follow, `index` is of this segment and stays alive until completion.

    // Reads one page of series keys.
    io::Task<Result<std::shared_ptr<const SeriesPage>>> read_series_page(const SegmentIndex& index,
                                                                         std::uint32_t page) const;
    // Reads all series of the measurement, in the order of their numbers. It works in time slices.
    io::Task<Result<SeriesList>> read_series(io::Reactor& reactor,
                                             const SegmentMeasurement& measurement,
                                             const SegmentIndex& index) const;
    // Finds out which pages hold which values of a tag. The first call for a tag reads all pages,
    // in time slices.
    io::Task<Result<std::shared_ptr<const TagPages>>> read_tag_pages(
        io::Reactor& reactor, const SegmentMeasurement& measurement, const SegmentIndex& index,
        std::string tag) const;
    // Makes the digest of all keys. The first call reads all pages, in time slices.
    io::Task<Result<std::shared_ptr<const SeriesDigest>>> read_digest(
        io::Reactor& reactor, const SegmentMeasurement& measurement,
        const SegmentIndex& index) const;
    // Finds the number of a series within its measurement.
    io::Task<Result<std::optional<std::uint32_t>>> find_series(const SegmentIndex& index,
                                                               std::string key) const;

    // Reads and decodes a block. The things that `request` points to stay until completion, and so
    // does `out`. Chunks that lie close together come with one read.
    io::Task<Result<void>> read_block(const SegmentIndex& index, std::uint32_t block,
                                      BlockRequest request, SegmentBlock& out) const;

    // Reads the bytes of a block of usual size, for the cache behind the access.
    io::Task<Result<void>> read_block_bytes(const SegmentIndex& index, std::uint32_t block) const;
    // Begins to read for the same read_block() that is to come, and returns how many bytes that
    // are.
    std::uint64_t read_block_ahead(const SegmentIndex& index, std::uint32_t block,
                                   const BlockRequest& request) const;

    // Checks the whole file: every checksum, every chunk, statistics against rows, the order of
    // keys and times, and that each byte belongs to something.
    io::Task<Result<void>> verify() const;

private:
    SegmentReader(RandomAccess& access, std::string path, SegmentFooter footer,
                  FileRange footer_range);

    io::Task<Result<FileBytes>> read(FileRange range) const;
    io::Task<Result<std::uint64_t>> verify_measurement(const SegmentMeasurement& measurement) const;
    io::Task<Result<std::uint64_t>> verify_pages(const SegmentIndex& index) const;
    io::Task<Result<std::uint64_t>> verify_blocks(const SegmentIndex& index) const;
    static std::string block_place(std::uint32_t block, const SegmentBlockInfo& info);
    Error placed(Error error, const std::string& place) const;

    RandomAccess& access_;
    std::string path_;
    SegmentFooter footer_;
    FileRange footer_range_;
};

}  // namespace sluice::storage
