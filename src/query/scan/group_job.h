// A GroupJob puts the series of a scan into tag sets, on all cores.
#pragma once

#include <utility>
#include <vector>

#include "query/scan/core_session.h"
#include "query/scan/select_budget.h"
#include "query/scan/select_plan.h"
#include "query/scan/sharing_job.h"
#include "query/session/data_source.h"

namespace sluice::query {

// This is the first step of a scan. It lists the series that the condition does not exclude, and
// puts them into tag sets.
class GroupJob final : public CoreJob {
public:
    // `unshared` says where no series need be looked for in other stores.
    GroupJob(const SelectPlan& plan, const SelectBudget& budget, std::vector<CoreSession>& sessions,
             SharingJob::Unshared unshared)
        : plan_(plan), budget_(budget), sessions_(sessions), unshared_(std::move(unshared)) {}
    // Whether it matters for the plan if series are shared.
    static bool asks_for_sharing(const SelectPlan& plan);
    io::Task<Result<void>> run(CoreView& core) override;

private:
    class Grouper;

    const SelectPlan& plan_;
    const SelectBudget& budget_;
    std::vector<CoreSession>& sessions_;
    const SharingJob::Unshared unshared_;
};

}  // namespace sluice::query
