// A GroupJob puts the series of a scan into tag sets, on all cores.
#pragma once

#include <vector>

#include "query/scan/core_session.h"
#include "query/scan/select_budget.h"
#include "query/scan/select_plan.h"
#include "query/session/data_source.h"

namespace sluice::query {

// This is the first step of a scan. It lists the series that the condition does not exclude, and
// puts them into tag sets.
class GroupJob final : public CoreJob {
public:
    GroupJob(const SelectPlan& plan, const SelectBudget& budget, std::vector<CoreSession>& sessions)
        : plan_(plan), budget_(budget), sessions_(sessions) {}
    io::Task<Result<void>> run(CoreView& core) override;

private:
    class Grouper;

    const SelectPlan& plan_;
    const SelectBudget& budget_;
    std::vector<CoreSession>& sessions_;
};

}  // namespace sluice::query
