#include "query/scan/sharing_job.h"

#include <algorithm>
#include <map>

namespace sluice::query {
namespace {

// Whether all that the stores have is at home, and no part is in two of them.
bool are_apart(const std::vector<const storage::GroupHolding*>& stores) {
    std::uint16_t count = 0;
    std::map<std::uint16_t, const storage::GroupHolding*> keepers;
    for (const storage::GroupHolding* each : stores) {
        if (each->has_unsorted) return false;
        for (const storage::GroupHolding::Part& one : each->parts) {
            if (count != 0 && one.part.count != count) return false;
            count = one.part.count;
            const auto [place, is_new] = keepers.try_emplace(one.part.number, each);
            if (!is_new && place->second != each) return false;
        }
    }
    return true;
}

}  // namespace

io::Task<Result<void>> SharingJob::run(CoreView& core) {
    std::vector<Holding>& to = holdings_[core.number()];
    for (std::uint32_t source = 0; source < plan_.sources.size(); ++source) {
        const auto& groups = plan_.sources[source].groups;
        for (std::uint32_t group = 0; group < groups.size(); ++group) {
            for (std::size_t store = 0; store < core.store_count(); ++store) {
                Holding holding{source, group, core.store(store).holding(groups[group].group)};
                if (!holding.holding.empty()) to.push_back(std::move(holding));
            }
            co_await core.breathe();
        }
    }
    co_return Result<void>();
}

SharingJob::Unshared SharingJob::unshared() const {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<const storage::GroupHolding*>>
        places;
    for (const std::vector<Holding>& core : holdings_) {
        for (const Holding& each : core) places[{each.source, each.group}].push_back(&each.holding);
    }
    Unshared unshared;
    for (const auto& [place, stores] : places) {
        if (stores.size() == 1) {
            unshared[place].is_in_one_store = true;
        } else if (are_apart(stores)) {
            unshared[place];
        }
    }
    return unshared;
}

}  // namespace sluice::query
