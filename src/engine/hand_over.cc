#include "engine/hand_over.h"

#include <algorithm>
#include <utility>

#include "engine/all_cores.h"
#include "engine/engine_state.h"
#include "engine/group_homes.h"
#include "sluice/base/check.h"
#include "sluice/io/mailbox.h"

namespace sluice::engine {
namespace {

using storage::Epoch;
using storage::Neighbours;

// Between looks at how old the oldest query is, while something waits for it.
constexpr std::int64_t kSettleNs = 20 * kMillisecondNs;

// What the stores of one core have, by number of the store and in the order of the groups.
using CoreHoldings = std::map<std::uint32_t, std::vector<storage::GroupHolding>>;

CoreHoldings holdings_of(const CoreState& core, const std::vector<model::ShardGroupId>& groups) {
    CoreHoldings holdings;
    for (const CoreState::OwnedStore& each : core.owned_stores) {
        std::vector<storage::GroupHolding>& list = holdings[each.number];
        for (const model::ShardGroupId group : groups) list.push_back(each.store->holding(group));
    }
    return holdings;
}

}  // namespace

io::Task<HandOver::Choices> HandOver::find_homes(std::uint32_t store,
                                                 std::vector<model::ShardGroupId> groups) {
    const auto ask = [&groups](CoreState& core) { return holdings_of(core, groups); };
    const std::vector<CoreHoldings> answers = co_await on_all_cores(engine_.core_states(), ask);
    Choices choices;
    std::map<model::ShardGroupId, storage::GroupHome> chosen;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        Holdings holdings;
        for (const CoreHoldings& core : answers) {
            for (const auto& [number, list] : core) {
                if (!list[i].empty()) holdings[number] = list[i];
            }
        }
        const auto known = homes_.find(groups[i]);
        const storage::GroupHome before =
            known == homes_.end() ? storage::GroupHome() : known->second;
        Neighbours::Choice choice;
        choice.home = choose_home(groups[i], before, holdings, engine_.stores_written_to(),
                                  engine_.options().values_per_part);
        choice.others_are_sorted = others_are_sorted(store, choice.home, holdings);
        if (choice.home != before) chosen[groups[i]] = choice.home;
        choices.push_back(std::move(choice));
    }
    if (chosen.empty()) co_return choices;
    for (const auto& [group, home] : chosen) homes_[group] = home;
    const auto tell = [&chosen](CoreState& core) {
        for (const auto& [group, home] : chosen) {
            for (const CoreState::OwnedStore& each : core.owned_stores)
                each.store->set_home(group, home);
        }
    };
    co_await on_all_cores(engine_.core_states(), tell);
    co_return choices;
}

io::Task<void> HandOver::begin_turn() {
    while (in_turn_) co_await turn_ended_.wait();
    in_turn_ = true;
}

void HandOver::end_turn() {
    SLUICE_CHECK(in_turn_);
    in_turn_ = false;
    turn_ended_.notify_all();
}

io::Task<void> HandOver::publish(Epoch epoch) {
    SLUICE_CHECK(in_turn_ && epoch == epoch_ + 1);
    epoch_ = epoch;
    const auto tell = [epoch](CoreState& core) { core.set_epoch(epoch); };
    co_await on_all_cores(engine_.core_states(), tell);
    published_.notify_all();
}

void HandOver::forget(const std::vector<model::ShardGroupId>& groups) {
    for (const model::ShardGroupId each : groups) homes_.erase(each);
}

io::Task<void> HandOver::run(io::Reactor& reactor) {
    while (!stopping_) {
        if (settled_ == epoch_) {
            co_await published_.wait();
            continue;
        }
        const auto ask = [](CoreState& core) { return core.oldest_view(); };
        const std::vector<Epoch> oldest = co_await on_all_cores(engine_.core_states(), ask);
        const Epoch least = *std::min_element(oldest.begin(), oldest.end());
        if (least > settled_) {
            settled_ = least;
            const auto tell = [least](CoreState& core) {
                for (storage::Store* store : core.stores) store->end_readers_before(least);
            };
            co_await on_all_cores(engine_.core_states(), tell);
            continue;
        }
        co_await published_.wait_until(reactor.monotonic_ns() + kSettleNs);
    }
}

void HandOver::stop() {
    stopping_ = true;
    published_.notify_all();
}

namespace {

// One store's view of the others, on its core.
class StoreNeighbours final : public Neighbours {
public:
    StoreNeighbours(EngineState& engine, CoreState& core, std::uint32_t store)
        : engine_(engine), core_(core), store_(store) {}

    io::Task<Result<std::vector<Choice>>> find_homes(
        std::vector<model::ShardGroupId> groups) override {
        if (!core_.may_hand_over()) co_return stopping();
        const CoreState::HandOverCall call(core_);
        HandOver* all = &engine_.hand_over();
        const std::uint32_t store = store_;
        std::vector<Choice> choices = co_await io::call_on(
            0, [all, store, &groups] { return all->find_homes(store, groups); });
        co_return choices;
    }

    io::Task<Result<storage::SegmentPlace>> take_place(std::uint32_t store) override {
        if (!core_.may_hand_over()) co_return stopping();
        const CoreState::HandOverCall call(core_);
        EngineState* engine = &engine_;
        storage::SegmentPlace place =
            co_await io::call_on(engine_.core_of_store(store),
                                 [engine, store] { return engine->store(store).take_place(); });
        co_return place;
    }

    io::Task<void> give_up(std::uint32_t store, storage::SegmentPlace place) override {
        if (!core_.may_hand_over()) co_return;
        const CoreState::HandOverCall call(core_);
        EngineState* engine = &engine_;
        const std::uint64_t id = place.id;
        co_await io::call_on(engine_.core_of_store(store),
                             [engine, store, id] { engine->store(store).give_up_place(id); });
    }

    io::Task<Result<void>> begin_hand_over() override {
        if (!core_.may_hand_over()) co_return stopping();
        core_.begin_hand_over_call();
        HandOver* all = &engine_.hand_over();
        co_await io::call_on(0, [all] { return all->begin_turn(); });
        co_return Result<void>();
    }

    io::Task<Result<void>> accept(std::uint32_t store,
                                  const storage::SegmentRecord& segment) override {
        EngineState* engine = &engine_;
        const storage::SegmentRecord* record = &segment;
        Result<void> accepted = co_await io::call_on(
            engine_.core_of_store(store),
            [engine, store, record] { return engine->store(store).accept(*record); });
        co_return accepted;
    }

    io::Task<Epoch> reveal(std::vector<std::uint32_t> stores) override {
        HandOver* all = &engine_.hand_over();
        const Epoch epoch = co_await io::call_on(0, [all] { return all->next_epoch(); });
        EngineState* engine = &engine_;
        for (const std::uint32_t store : stores) {
            co_await io::call_on(engine_.core_of_store(store),
                                 [engine, store, epoch] { engine->store(store).reveal(epoch); });
        }
        co_return epoch;
    }

    io::Task<void> end_hand_over(Epoch epoch) override {
        HandOver* all = &engine_.hand_over();
        if (epoch != 0) {
            co_await io::call_on(0, [all, epoch] { return all->publish(epoch); });
        }
        co_await io::call_on(0, [all] { all->end_turn(); });
        core_.end_hand_over_call();
    }

private:
    static Error stopping() { return {ErrorKind::kCancelled, "no hand-over now"}; }

    EngineState& engine_;
    CoreState& core_;
    const std::uint32_t store_;
};

}  // namespace

std::shared_ptr<storage::Neighbours> make_neighbours(EngineState& engine, CoreState& core,
                                                     std::uint32_t store) {
    return std::make_shared<StoreNeighbours>(engine, core, store);
}

// Of CoreState: the readers and hand-overs of one core.

std::uint64_t CoreState::begin_view() {
    ++views_[epoch_];
    return epoch_;
}

void CoreState::end_view(std::uint64_t epoch) {
    const auto found = views_.find(epoch);
    SLUICE_CHECK(found != views_.end() && found->second != 0);
    if (--found->second == 0) views_.erase(found);
}

std::uint64_t CoreState::oldest_view() const {
    return views_.empty() ? epoch_ : views_.begin()->first;
}

void CoreState::end_hand_over_call() {
    SLUICE_CHECK(hand_over_calls_ != 0);
    if (--hand_over_calls_ == 0 && !io::abandoning()) hand_over_calls_ended_.notify_all();
}

io::Task<void> CoreState::end_hand_overs() {
    hands_over_ = false;
    expect_stop();
    while (hand_over_calls_ != 0) co_await hand_over_calls_ended_.wait();
}

}  // namespace sluice::engine
