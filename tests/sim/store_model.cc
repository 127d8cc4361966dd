#include "store_model.h"

#include <algorithm>

#include "sluice/model/series_key.h"

namespace sluice::storage {

std::size_t StoreModel::begin(const Batch& batch) {
    ++tick_;
    auto& places = batches_.emplace_back();
    for (const auto& [cell, value] : batch) {
        std::vector<Write>& writes = cells_[cell];
        places.emplace_back(cell, writes.size());
        writes.push_back({value, tick_, kOpen, 0});
    }
    return batches_.size() - 1;
}

void StoreModel::end(std::size_t batch, std::uint64_t sequence) {
    ++tick_;
    for (const auto& [cell, index] : batches_[batch]) {
        Write& write = cells_[cell][index];
        write.ended = tick_;
        write.sequence = sequence;
    }
    batches_[batch].clear();
}

void StoreModel::begin_delete(std::shared_ptr<const model::Tombstone> tombstone) {
    const std::uint64_t sequence = tombstone->sequence;
    deletes_[sequence] = {std::move(tombstone), ++tick_, kOpen};
}

void StoreModel::install_delete(std::uint64_t sequence) {
    const auto found = deletes_.find(sequence);
    if (found != deletes_.end() && found->second.installed == kOpen) {
        found->second.installed = ++tick_;
    }
}

void StoreModel::forget_open_deletes() {
    std::erase_if(deletes_, [](const auto& each) { return each.second.installed == kOpen; });
}

StoreModel::Fate StoreModel::fate_of(const Cell& cell, const Write& write,
                                     std::uint64_t tick) const {
    Fate fate = Fate::kLives;
    for (const auto& [sequence, each] : deletes_) {
        const model::Tombstone& what = *each.tombstone;
        if (write.begun > each.taken || !what.range.contains(cell.time)) continue;
        const model::SeriesName series = model::parse_series_key(cell.series);
        if (!what.names(series.measurement) || !what.series.matches(series)) continue;
        if (each.installed <= tick) return Fate::kDead;
        fate = Fate::kMayLive;
    }
    return fate;
}

std::optional<std::string> StoreModel::check_cell(const Cell& cell,
                                                  const std::vector<Write>& writes,
                                                  const std::string* seen,
                                                  std::uint64_t tick) const {
    // The acknowledged write that must show at least: within one batch the later one counts.
    const Write* last = nullptr;
    for (const Write& each : writes) {
        if (each.sequence == 0 || each.ended > tick) continue;
        if (last == nullptr || each.sequence >= last->sequence) last = &each;
    }
    const Fate fate = last == nullptr ? Fate::kDead : fate_of(cell, *last, tick);
    if (seen == nullptr) {
        if (fate != Fate::kLives) return std::nullopt;
        return "lost: " + cell.text() + " = " + last->value;
    }
    const bool allowed = std::any_of(writes.begin(), writes.end(), [&](const Write& each) {
        if (each.value != *seen || fate_of(cell, each, tick) == Fate::kDead) return false;
        if (last == nullptr || &each == last) return true;
        // Another write wins if it came later, or nobody was told when.
        if (each.sequence != 0) return each.sequence >= last->sequence;
        return each.ended > last->begun;
    });
    if (allowed) return std::nullopt;
    return (last == nullptr ? "invented: " : "wrong: ") + cell.text() + " = " + *seen +
           (last == nullptr ? std::string() : ", not " + last->value);
}

std::optional<std::string> StoreModel::check(model::ShardGroupId group, const Cells& seen,
                                             std::uint64_t tick) const {
    if (dropped_.contains(group)) {
        if (seen.empty()) return std::nullopt;
        return "dropped group is back: " + seen.begin()->first.text();
    }
    for (const auto& [cell, value] : seen) {
        if (!cells_.contains(cell)) return "never written: " + cell.text() + " = " + value;
    }
    // A drop nobody was told of happened as a whole or not at all.
    if (dropping_.contains(group) && seen.empty()) return std::nullopt;
    for (const auto& [cell, writes] : cells_) {
        if (cell.group != group) continue;
        const auto found = seen.find(cell);
        auto complaint =
            check_cell(cell, writes, found == seen.end() ? nullptr : &found->second, tick);
        if (complaint) return complaint;
    }
    return std::nullopt;
}

void StoreModel::settle(model::ShardGroupId group, const Cells& seen) {
    if (dropping_.contains(group)) {
        if (seen.empty()) {
            dropped_.insert(group);
        } else if (!dropped_.contains(group)) {
            dropping_.erase(group);
        }
    }
    ++tick_;
    std::erase_if(cells_, [group](const auto& each) { return each.first.group == group; });
    for (const auto& [cell, value] : seen) cells_[cell] = {{value, tick_, tick_, 1}};
    batches_.clear();
}

}  // namespace sluice::storage
