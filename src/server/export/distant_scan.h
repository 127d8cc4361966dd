// The scan of one store, on whichever core that is: its rows come to the caller in loads.
//
// It is used on one core, and one call at a time. close() completes before it is destroyed, because
// a scan ends on the core of its store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "server/export/carried_rows.h"
#include "sluice/base/result.h"
#include "sluice/engine/core.h"
#include "sluice/io/task.h"
#include "sluice/storage/store.h"

namespace sluice::server {

// A store and the core that it is called on.
struct StorePlace {
    std::uint32_t core = 0;
    storage::Store* store = nullptr;
};
// Of all cores that are given, in their order.
std::vector<StorePlace> places_of(const std::vector<engine::Core*>& cores);

class DistantScan {
public:
    DistantScan(StorePlace place, storage::ScanSpec spec) : place_(place), spec_(std::move(spec)) {}
    ~DistantScan();

    // Without runs: there are no more.
    io::Task<Result<std::unique_ptr<CarriedRows>>> next();
    io::Task<void> close();
    // As far as it has come.
    std::uint64_t blocks_missing() const { return blocks_missing_; }

private:
    // On the store's core.
    io::Task<Result<std::unique_ptr<CarriedRows>>> load();

    const StorePlace place_;
    const storage::ScanSpec spec_;
    // Touched on the store's core only, while the caller waits.
    std::optional<storage::Scan> scan_;
    storage::SeriesRun run_;
    std::size_t row_ = 0;  // of run_, which is taken next
    std::uint64_t blocks_missing_ = 0;
};

}  // namespace sluice::server
