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

#include "server/export/distant_scan.h"
#include "sluice/base/pod_vector.h"
#include "sluice/base/result.h"
#include "sluice/codec/column_chunk.h"
#include "sluice/io/task.h"
#include "sluice/storage/scan.h"

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

// Used on one core. Between two fills it is a plain object that may be taken to another thread:
//
//     while (true) {
//         SLUICE_CO_TRY_VOID(co_await rows.fill());
//         if (rows.is_done()) break;
//         while (rows.next(batch)) ...
//     }
class MergedRows {
public:
    // `shared` lives as long; the stores too. Fields, range and the like are those of `spec`.
    MergedRows(const std::vector<StorePlace>& stores, storage::ScanSpec spec,
               const SharedSeries& shared);
    ~MergedRows();

    // Brings rows of the stores whose rows have run out. After an error there are no more.
    io::Task<Result<void>> fill();
    bool is_done() const;
    // False: fill() is needed first.
    bool next(RowBatch& batch);
    // Completes before the destruction, also after an error.
    io::Task<void> close();
    std::uint64_t blocks_missing() const;

private:
    struct Stream;
    class Gathered;

    bool has_rows() const;
    bool gather();
    Stream* first_stream() const;

    std::vector<std::unique_ptr<Stream>> streams_;
    std::unique_ptr<Gathered> gathered_;
    const SharedSeries& shared_;
    bool is_gathering_ = false;  // its series may have more rows
};

}  // namespace sluice::server
