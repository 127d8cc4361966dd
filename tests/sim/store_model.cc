#include "store_model.h"

#include <algorithm>

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
    if (seen == nullptr) {
        if (last == nullptr) return std::nullopt;
        return "lost: " + cell.text() + " = " + last->value;
    }
    const bool allowed = std::any_of(writes.begin(), writes.end(), [&](const Write& each) {
        if (each.value != *seen) return false;
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
    for (const auto& [cell, value] : seen) cells_[cell] = {{value, 0, 0, 1}};
    batches_.clear();
}

}  // namespace sluice::storage
