// The points of one measurement in one shard group, from all stores of a directory: one row for
// each series and time, with the newest value of each field.
//
// Nearly every series lies in one store, and then its rows come as the store has them. Only rows of
// a series that several stores have are put together one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/io/task.h"
#include "sluice/storage/store.h"

namespace sluice::server {

// Series that several stores have, by the hashes of their keys. One too many costs time only.
using SharedSeries = PodVector<std::uint64_t>;  // sorted
bool is_shared(const SharedSeries& shared, std::string_view series_key);

// Rows of one series in ascending time. Valid until the next ones are asked for.
struct RowBatch {
    std::string_view series_key;
    std::span<const model::Timestamp> times;
    std::vector<codec::ColumnSlice> columns;  // one for each field of the scan
};

class MergedRows {
public:
    // `shared` lives as long; the stores too. Fields, range and the like are those of `spec`.
    MergedRows(const std::vector<storage::Store*>& stores, storage::ScanSpec spec,
               const SharedSeries& shared);
    ~MergedRows();

    // False: there are no more.
    io::Task<Result<bool>> next(RowBatch& batch);
    std::uint64_t blocks_missing() const;

private:
    struct Stream;
    class Gathered;

    io::Task<Result<void>> step(Stream& stream);
    io::Task<Result<void>> gather(RowBatch& batch);
    Stream* first_stream() const;

    std::vector<std::unique_ptr<Stream>> streams_;
    std::unique_ptr<Gathered> gathered_;
    const SharedSeries& shared_;
    bool is_started_ = false;
    Stream* given_ = nullptr;  // its run has been handed out
};

}  // namespace sluice::server
