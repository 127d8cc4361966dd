#include "storage/memtable_deletes.h"

#include <map>

#include "storage/memtable_order.h"

namespace sluice::storage {

MemtableDeletes::MemtableDeletes(DeleteFilter filter, const Memtable& table, const Head& head,
                                 const SeriesOrder& order)
    : table_(table) {
    if (filter.empty()) return;
    const std::uint32_t count = order.count(table.measurement());
    set_of_rank_.append_copies(count, kUntouched);
    // By the sequences of the tombstones, which name them.
    std::map<std::vector<std::uint64_t>, std::uint32_t> known;
    std::vector<std::uint64_t> sequences;
    for (std::uint32_t rank = 0; rank < count; ++rank) {
        filter.choose(head.series_index().key(order.series(table.measurement(), rank)));
        if (!filter.touches_series()) continue;
        sequences.clear();
        for (const DeleteFilter::Span& each : filter.spans()) sequences.push_back(each.sequence);
        const auto [place, is_new] =
            known.try_emplace(sequences, static_cast<std::uint32_t>(sets_.size()));
        if (is_new) sets_.push_back(filter.spans());
        set_of_rank_[rank] = place->second;
    }
}

}  // namespace sluice::storage
