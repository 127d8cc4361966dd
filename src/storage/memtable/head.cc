#include "sluice/storage/head.h"

#include "storage/memtable/memtable.h"
#include "storage/memtable/series_order.h"

// A Head holds memtables by shared_ptr, because scans and flushes outlive what a drop takes out.
// The reference that a memtable has to its head is good all the same: whoever holds the one holds
// the other (MemtableView, MemtableSource).
namespace sluice::storage {

Head::Head(std::uint64_t id) : id_(id) {}

Head::~Head() = default;

Memtable& Head::memtable(model::ShardGroupId group, model::MeasurementId measurement) {
    if (measurement >= recent_.size()) recent_.resize(measurement + 1, {0, nullptr});
    auto& recent = recent_[measurement];
    if (recent.second != nullptr && recent.first == group) return *recent.second;
    std::shared_ptr<Memtable>& place = memtables_[{group, measurement}];
    if (place == nullptr) {
        place = std::make_shared<Memtable>(*this, next_memtable_++, group, measurement);
    }
    recent = {group, place.get()};
    return *place;
}

std::shared_ptr<Memtable> Head::find(model::ShardGroupId group,
                                     std::string_view measurement) const {
    const model::MeasurementId id = series_.find_measurement(measurement);
    if (id == model::SeriesIndex::kNone) return nullptr;
    const auto found = memtables_.find({group, id});
    return found == memtables_.end() ? nullptr : found->second;
}

void Head::drop_group(model::ShardGroupId group) {
    recent_.clear();
    const auto begin = memtables_.lower_bound({group, 0});
    const auto end = memtables_.upper_bound({group, model::SeriesIndex::kNone});
    for (auto each = begin; each != end; ++each) {
        SLUICE_CHECK(memtable_bytes_ >= each->second->memory_bytes());
        memtable_bytes_ -= each->second->memory_bytes();
    }
    memtables_.erase(begin, end);
}

void Head::drop_table(const Key& key) {
    const auto found = memtables_.find(key);
    if (found == memtables_.end()) return;
    recent_.clear();
    SLUICE_CHECK(memtable_bytes_ >= found->second->memory_bytes());
    memtable_bytes_ -= found->second->memory_bytes();
    memtables_.erase(found);
}

void Head::keep_order(model::MeasurementId measurement,
                      std::shared_ptr<const SeriesOrder> order) const {
    order_of_ = measurement;
    order_ = std::move(order);
    order_bytes_ = order_->memory_bytes();
}

std::uint64_t Head::rows() const {
    std::uint64_t total = 0;
    for (const auto& [key, table] : memtables_) total += table->rows();
    return total;
}

}  // namespace sluice::storage
