// Hand-overs of rows between stores: core 0 chooses where shard groups have their home, lets one
// hand-over happen after the other, and counts epochs.
//
// A hand-over makes its segments durable where they go before they end where they were, so a crash
// leaves rows twice rather than not at all. For readers both happen at one epoch: it is told to the
// stores that take and to the one that gives before any query begins with it. What left is let go
// of when the oldest query is from that epoch or later.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core_state.h"
#include "sluice/io/event.h"
#include "sluice/storage/neighbours.h"

namespace sluice::engine {

class EngineState;

// Core 0's own.
class HandOver {
public:
    using Choices = std::vector<storage::Neighbours::Choice>;

    explicit HandOver(EngineState& engine) : engine_(engine) {}

    // `store` asks.
    io::Task<Choices> find_homes(std::uint32_t store, std::vector<model::ShardGroupId> groups);

    // One turn after the other: a hand-over, or something that must not happen during one, because
    // it asks all stores for what may be on its way between two of them.
    io::Task<void> begin_turn();
    void end_turn();

    // The number of the next hand-over. It is shown by publish() only.
    storage::Epoch next_epoch() const { return epoch_ + 1; }
    // Every query that begins after completion has the epoch.
    io::Task<void> publish(storage::Epoch epoch);

    void forget(const std::vector<model::ShardGroupId>& groups);

    // The task that has stores let go of what no query sees any more. It ends after stop().
    io::Task<void> run(io::Reactor& reactor);
    void stop();

private:
    EngineState& engine_;
    std::map<model::ShardGroupId, storage::GroupHome> homes_;
    storage::Epoch epoch_ = 0;
    storage::Epoch settled_ = 0;
    bool in_turn_ = false;
    bool stopping_ = false;
    io::Event turn_ended_;
    io::Event published_;
};

// Makes what a store of this core sees of the others.
std::shared_ptr<storage::Neighbours> make_neighbours(EngineState& engine, CoreState& core,
                                                     std::uint32_t store);

}  // namespace sluice::engine
