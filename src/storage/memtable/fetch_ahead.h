// Brings the tables of a batch and their memtables into the cache of the CPU before they are looked
// at.
//
// A batch of a client with thousands of measurements has as many tables with a row each. Their
// memtables lie scattered over the head's memory, and what a row costs then is waiting for it: some
// ten lines of the cache, one after the other. Asked for a few tables ahead they come at once.
#pragma once

#include <cstddef>

#include "sluice/model/point_batch.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"

namespace sluice::storage {

// To be told of each place of a loop over the tables of a batch. Both outlive it. Reads nothing
// that may not be there: what it does shows in time only.
class FetchAhead {
public:
    FetchAhead(const Head& head, const model::PointBatch& batch)
        : head_(head), batch_(batch), count_(batch.table_count()) {}

    void at(std::size_t place) const {
        if (count_ < kTablesMin) return;
        batch_.fetch_ahead(place);
        if (const Memtable* far = recent(place + kFar)) far->fetch();
        if (const Memtable* near = recent(place + kNear)) near->fetch_parts();
    }

private:
    // Few tables stay in the cache by themselves.
    static constexpr std::size_t kTablesMin = 256;
    // A part is asked for when what points to it has come.
    static constexpr std::size_t kFar = 16;
    static constexpr std::size_t kNear = 8;

    const Memtable* recent(std::size_t place) const {
        if (place >= count_) return nullptr;
        const model::BatchTable& table = batch_.table_at(place);
        return head_.recent(table.shard.group, table.measurement);
    }

    const Head& head_;
    const model::PointBatch& batch_;
    const std::size_t count_;
};

}  // namespace sluice::storage
