// A SegmentOutput is a segment on its way to disk: rows go in, and a durable file comes out.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/file.h"
#include "sluice/io/task.h"
#include "storage/rows/row_merger.h"
#include "storage/segment/segment_writer.h"

namespace sluice::storage {

// finish() or abandon() completes before destruction.
class SegmentOutput {
public:
    // Makes the group's directory when there is none.
    static io::Task<Result<std::unique_ptr<SegmentOutput>>> create(io::Reactor& reactor,
                                                                   std::string store,
                                                                   std::uint64_t id,
                                                                   SegmentWriterOptions options);

    bool with_sequences() const { return options_.with_sequences; }

    // Writes all rows of `merger` as one measurement; yields by itself. Measurements come in
    // ascending order of names.
    io::Task<Result<void>> write_measurement(std::string name, std::vector<SegmentColumn> columns,
                                             RowMerger& merger);
    // Does the same for several segments at once, each of which gets the series that `choose` says:
    // their place in `outputs`. A segment of which no series is has no measurement.
    using Choose = std::function<std::size_t(std::string_view key)>;
    static io::Task<Result<void>> write_measurement(std::vector<SegmentOutput*> outputs,
                                                    Choose choose, std::string name,
                                                    std::vector<SegmentColumn> columns,
                                                    RowMerger& merger);

    // Makes the file durable, directory entry included. If `rows` of the result is 0, nothing was
    // written, and the caller abandons the file.
    io::Task<Result<SegmentMeta>> finish();

    // Closes and removes the file.
    io::Task<void> abandon();

private:
    SegmentOutput(io::Reactor& reactor, SegmentWriterOptions options)
        : reactor_(reactor), options_(options), writer_(std::move(options)) {}

    io::Task<Result<void>> write_pieces();
    void begin_series(const std::string& measurement, const std::vector<SegmentColumn>& columns,
                      std::string_view key, std::uint64_t rows);
    void end_measurement();
    void append(const RowSlice& rows);

    io::Reactor& reactor_;
    SegmentWriterOptions options_;
    std::string directory_;
    std::string path_;
    io::File file_;
    SegmentWriter writer_;
    bool in_measurement_ = false;
    PodVector<std::uint64_t> sequences_;  // where all rows of a slice have the same
};

}  // namespace sluice::storage
