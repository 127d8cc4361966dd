// A SharingJob finds out in which shard groups several stores may have rows of one series, before
// any series is looked at.
//
// Stores know it without reading: what is at home has its series in one place (storage: homes).
// Where nothing else is there, no series needs to be listed to find its rows in other stores.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "query/scan/select_plan.h"
#include "query/session/data_source.h"

namespace sluice::query {

class SharingJob final : public CoreJob {
public:
    SharingJob(const SelectPlan& plan, std::uint32_t cores) : plan_(plan), holdings_(cores) {}
    io::Task<Result<void>> run(CoreView& core) override;

    // The places, source and group of the plan, where no series is in two stores.
    struct Place {
        bool is_in_one_store = false;  // whatever it has; otherwise all rows are at home
    };
    using Unshared = std::map<std::pair<std::uint32_t, std::uint32_t>, Place>;
    // After the job.
    Unshared unshared() const;

private:
    struct Holding {
        std::uint32_t source;
        std::uint32_t group;
        storage::GroupHolding holding;
    };
    const SelectPlan& plan_;
    std::vector<std::vector<Holding>> holdings_;  // by core; those of one group are neighbours
};

}  // namespace sluice::query
