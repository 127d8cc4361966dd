// A SelectBudget is what one SELECT may use: the limits of the server, less what its scans have
// used so far.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/check.h"
#include "sluice/base/result.h"
#include "sluice/base/units.h"
#include "sluice/query/query_request.h"

namespace sluice::query {

inline Error too_much_memory(std::uint64_t bytes_max) {
    return {ErrorKind::kTooLarge, "query needs more memory than this server grants it (" +
                                      std::to_string(bytes_max / kMiB) +
                                      " MiB): narrow its time range, its series or its grouping"};
}

// Memory is shared by the scans of a SELECT, which are open at once: one for what FROM names, one
// for each of its subqueries, for a measurement that is named again, for a call that reads other
// rows.
//
// Belongs to the core of the query. Jobs on other cores look at it while they run; it changes only
// between jobs.
class SelectBudget {
public:
    // `limits` outlives the budget.
    explicit SelectBudget(const QueryLimits& limits) : limits_(limits) {}

    std::uint64_t memory_bytes_max() const { return limits_.memory_bytes_max; }
    // Counts a scan, before it reads anything.
    void add_scan() { ++scans_; }
    // Returns how much more a scan may hold: what the others have left, but always a part of its
    // own, so that the first scans cannot starve the last. Together they may therefore pass the
    // maximum by a few times.
    std::uint64_t memory_left() const {
        const std::uint64_t max = limits_.memory_bytes_max;
        return std::max(max / std::max<std::uint64_t>(scans_, 1), max - std::min(held_, max));
    }
    // The memory that one scan holds from one job to the next. It is given back when the share is
    // destroyed.
    class Share {
    public:
        explicit Share(SelectBudget& budget) : budget_(budget) {}
        ~Share() { set(0); }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        void set(std::uint64_t bytes) {
            SLUICE_CHECK(budget_.held_ >= bytes_);
            budget_.held_ += bytes - bytes_;
            bytes_ = bytes;
        }

    private:
        SelectBudget& budget_;
        std::uint64_t bytes_ = 0;
    };

    std::uint64_t series_max() const { return limits_.series_max; }

    // Fails if the points that a job has read, and has not added yet, pass the bound. InfluxDB
    // looks once a second (query/ monitor.go: PointLimitMonitor), so a short query gets away with
    // more; here none does.
    Result<void> check_points(std::uint64_t more) const {
        const std::uint64_t points = points_ + more;
        if (limits_.points_max == 0 || points <= limits_.points_max) return {};
        // The spelling is InfluxDB's.
        return exceeded("max-select-point limit exceeed", points, limits_.points_max);
    }
    // The error where one measurement has more than `series_max` series in a shard. InfluxDB stops
    // counting there (tsdb/index.go: TagSets).
    Error too_many_series() const {
        return exceeded("max-select-series limit exceeded", limits_.series_max + 1,
                        limits_.series_max);
    }
    Result<void> check_windows(std::uint64_t windows) const {
        if (limits_.windows_max == 0 || windows <= limits_.windows_max) return {};
        return exceeded("max-select-buckets limit exceeded", windows, limits_.windows_max);
    }

    // Adds the points of a job that is done and whose points are of use. The points of a job that
    // is repeated are counted once.
    Result<void> take_points(std::uint64_t more) {
        SLUICE_TRY_VOID(check_points(more));
        points_ += more;
        return {};
    }

private:
    static Error exceeded(std::string_view what, std::uint64_t count, std::uint64_t max) {
        return {ErrorKind::kTooLarge, std::string(what) + ": (" + std::to_string(count) + "/" +
                                          std::to_string(max) + ")"};
    }

    const QueryLimits& limits_;
    std::uint64_t points_ = 0;  // read by jobs that are done
    std::uint64_t scans_ = 0;   // made so far: scans live as long as the SELECT
    std::uint64_t held_ = 0;    // bytes of all shares that live
};

}  // namespace sluice::query
