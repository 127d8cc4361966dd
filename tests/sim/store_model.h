// What a store must and may hold, by what its clients were told.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"
#include "sluice/model/tombstone.h"

namespace sluice::storage {

// One field of one point.
struct Cell {
    model::ShardGroupId group;
    std::string series;
    model::Timestamp time;
    std::string field;
    auto operator<=>(const Cell&) const = default;
    std::string text() const {
        return std::to_string(group) + " " + series + " " + std::to_string(time) + " " + field;
    }
};

using Cells = std::map<Cell, std::string>;

// Knows every write of every cell. Ticks order what clients did and saw.
class StoreModel {
public:
    static constexpr std::uint64_t kOpen = std::numeric_limits<std::uint64_t>::max();

    struct Write {
        std::string value;
        std::uint64_t begun;
        std::uint64_t ended;     // kOpen while nobody was told
        std::uint64_t sequence;  // 0: not acknowledged
    };

    // A batch; its writes are reported together.
    using Batch = std::vector<std::pair<Cell, std::string>>;
    std::size_t begin(const Batch& batch);
    void acknowledge(std::size_t batch, std::uint64_t sequence) { end(batch, sequence); }
    void refuse(std::size_t batch) { end(batch, 0); }

    void begin_drop(model::ShardGroupId group) { dropping_.insert(group); }
    void end_drop(model::ShardGroupId group) { dropped_.insert(group); }
    bool takes_writes(model::ShardGroupId group) const { return !dropping_.contains(group); }

    // A delete whose sequence has just been taken: covers the writes begun so far. Nothing of it is
    // seen before it is installed.
    void begin_delete(std::shared_ptr<const model::Tombstone> tombstone);
    void install_delete(std::uint64_t sequence);
    // After a crash: what is not installed never became durable.
    void forget_open_deletes();

    // Checks what a scan begun at `tick` saw of the group; the complaint, or nothing.
    std::optional<std::string> check(model::ShardGroupId group, const Cells& seen,
                                     std::uint64_t tick) const;
    std::uint64_t tick() const { return tick_; }

    // After a crash and a recovery `seen` is the truth: nothing else may turn up later.
    void settle(model::ShardGroupId group, const Cells& seen);

private:
    struct Delete {
        std::shared_ptr<const model::Tombstone> tombstone;
        std::uint64_t taken;
        std::uint64_t installed;  // kOpen: not yet
    };
    enum class Fate : std::uint8_t { kLives, kMayLive, kDead };
    Fate fate_of(const Cell& cell, const Write& write, std::uint64_t tick) const;

    void end(std::size_t batch, std::uint64_t sequence);
    std::optional<std::string> check_cell(const Cell& cell, const std::vector<Write>& writes,
                                          const std::string* seen, std::uint64_t tick) const;

    std::uint64_t tick_ = 1;
    std::map<Cell, std::vector<Write>> cells_;
    std::vector<std::vector<std::pair<Cell, std::size_t>>> batches_;
    std::map<std::uint64_t, Delete> deletes_;  // by sequence
    std::set<model::ShardGroupId> dropping_;
    std::set<model::ShardGroupId> dropped_;
};

}  // namespace sluice::storage
