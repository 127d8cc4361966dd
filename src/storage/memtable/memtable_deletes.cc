#include "storage/memtable/memtable_deletes.h"

#include <algorithm>

#include "storage/memtable/memtable_order.h"

namespace sluice::storage {
namespace {

// A look at a key costs about a microsecond for each tombstone with a predicate.
constexpr std::uint32_t kSeriesPerStep = 64;

}  // namespace

MemtableDeletes::MemtableDeletes(DeleteFilter filter, const Memtable& table, const Head& head,
                                 const SeriesOrder& order)
    : filter_(std::move(filter)), table_(table), head_(head), order_(order) {}

bool MemtableDeletes::prepare() {
    if (filter_.empty()) return false;
    const std::uint32_t count = order_.count(table_.measurement());
    const auto begin = static_cast<std::uint32_t>(set_of_rank_.size());
    const std::uint32_t end = std::min(count, begin + kSeriesPerStep);
    std::vector<std::uint64_t> sequences;
    for (std::uint32_t rank = begin; rank < end; ++rank) {
        set_of_rank_.push_back(kUntouched);
        filter_.choose(head_.series_index().key(order_.series(table_.measurement(), rank)));
        if (!filter_.touches_series()) continue;
        sequences.clear();
        for (const DeleteFilter::Span& each : filter_.spans()) sequences.push_back(each.sequence);
        const auto [place, is_new] =
            set_of_sequences_.try_emplace(sequences, static_cast<std::uint32_t>(sets_.size()));
        if (is_new) sets_.push_back(filter_.spans());
        set_of_rank_[rank] = place->second;
    }
    return end < count;
}

}  // namespace sluice::storage
