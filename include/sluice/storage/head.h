// One generation of a store's memory: a series index and the memtables of its points.
//
// Writes go to the active head. When it passes its budget it is frozen, flushed into segments and
// forgotten as a whole; the series index therefore never outlives its memtables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/model/series_index.h"
#include "sluice/model/shard_map.h"

namespace sluice::storage {

class Memtable;
class SeriesOrder;

// Lives on one core. Engine and server use series_index() and id() only.
class Head {
public:
    explicit Head(std::uint64_t id);
    ~Head();
    Head(const Head&) = delete;
    Head& operator=(const Head&) = delete;

    // The id is never used again, not even after a restart.
    std::uint64_t id() const { return id_; }

    // The index that batches are parsed against.
    model::SeriesIndex& series_index() { return series_; }
    const model::SeriesIndex& series_index() const { return series_; }

    // Finds or adds the memtable of a measurement in a shard group.
    Memtable& memtable(model::ShardGroupId group, model::MeasurementId measurement);
    // Returns the memtable if it is the last one that was looked up of its measurement.
    const Memtable* recent(model::ShardGroupId group, model::MeasurementId measurement) const {
        if (measurement >= recent_.size()) return nullptr;
        const auto& [of_group, table] = recent_[measurement];
        return of_group == group ? table : nullptr;
    }
    // Returns nullptr when there is none. The pointer keeps the rows alive even after the head has
    // forgotten them.
    std::shared_ptr<Memtable> find(model::ShardGroupId group, std::string_view measurement) const;

    // Forgets the group's rows. Scans that hold them keep them.
    void drop_group(model::ShardGroupId group);

    struct Key {
        model::ShardGroupId group;
        model::MeasurementId measurement;
        auto operator<=>(const Key&) const = default;
    };
    // Sorted by group, then by order of first appearance of the measurement.
    const std::map<Key, std::shared_ptr<Memtable>>& memtables() const { return memtables_; }

    // Forgets the rows of one measurement in one group. Rows that come afterwards go to a new
    // memtable, whose fields may have other types.
    void drop_table(const Key& key);

    std::uint64_t rows() const;
    // The bytes of the index, the memtables with their strings, and the order that is kept.
    std::size_t memory_bytes() const {
        return memtable_bytes_ + order_bytes_ + series_.memory_bytes();
    }
    // Memtables report what they allocate.
    void add_memory(std::size_t bytes) { memtable_bytes_ += bytes; }

    // The order of a measurement's series as a query has found it, kept for the next one; null: of
    // this measurement none is kept. Series may have come since (series_order.h).
    std::shared_ptr<const SeriesOrder> kept_order(model::MeasurementId measurement) const {
        return order_of_ == measurement ? order_ : nullptr;
    }
    // Takes the place of the one that was kept. A cache: nobody sees a difference but in time.
    void keep_order(model::MeasurementId measurement,
                    std::shared_ptr<const SeriesOrder> order) const;

private:
    std::uint64_t id_;
    model::SeriesIndex series_;
    std::map<Key, std::shared_ptr<Memtable>> memtables_;
    // The memtable last used for a measurement: batches come in runs of one shard group.
    std::vector<std::pair<model::ShardGroupId, Memtable*>> recent_;
    std::uint32_t next_memtable_ = 0;
    std::size_t memtable_bytes_ = 0;
    mutable model::MeasurementId order_of_ = model::SeriesIndex::kNone;
    mutable std::shared_ptr<const SeriesOrder> order_;
    mutable std::size_t order_bytes_ = 0;
};

}  // namespace sluice::storage
