#include "storage/cache/block_cache.h"

namespace sluice::storage {
namespace {

// List node, hash node and control block.
constexpr std::uint64_t kEntryOverhead = 160;

}  // namespace

std::shared_ptr<const void> BlockCache::find(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->what;
}

void BlockCache::insert(const Key& key, std::shared_ptr<const void> what,
                        std::uint64_t size_bytes) {
    const std::uint64_t bytes = size_bytes + kEntryOverhead;
    if (bytes > bytes_max_ / 4 || entries_.contains(key)) return;
    order_.push_front({key, std::move(what), bytes});
    entries_.emplace(key, order_.begin());
    bytes_ += bytes;
    while (bytes_ > bytes_max_) remove(std::prev(order_.end()));
}

bool BlockCache::has_room(std::uint64_t size_bytes) const {
    return bytes_ + size_bytes + kEntryOverhead <= bytes_max_;
}

void BlockCache::remove(Order::iterator entry) {
    bytes_ -= entry->bytes;
    entries_.erase(entry->key);
    order_.erase(entry);
}

void BlockCache::forget_segment(std::uint64_t segment) {
    for (auto each = order_.begin(); each != order_.end();) {
        const auto entry = each++;
        if (entry->key.segment == segment) remove(entry);
    }
}

}  // namespace sluice::storage
