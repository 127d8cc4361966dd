// Pieces of segment files kept in memory, bounded in bytes, least recently used out first.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "sluice/base/aligned_buffer.h"

namespace sluice::storage {

// Of one store.
class BlockCache {
public:
    struct Key {
        std::uint64_t segment;
        std::uint64_t offset;  // aligned
        std::uint64_t size;    // aligned
        bool operator==(const Key&) const = default;
    };

    explicit BlockCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    // nullptr when absent. Who holds the buffer keeps it, cached or not.
    std::shared_ptr<const AlignedBuffer> find(const Key& key);
    void insert(const Key& key, std::shared_ptr<const AlignedBuffer> buffer);
    void forget_segment(std::uint64_t segment);

    std::uint64_t bytes() const { return bytes_; }

private:
    struct Entry {
        Key key;
        std::shared_ptr<const AlignedBuffer> buffer;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            std::uint64_t hash = (key.segment ^ key.offset << 20) * 0x9E3779B97F4A7C15;
            return hash ^ hash >> 32;
        }
    };
    using Order = std::list<Entry>;  // most recently used first

    void remove(Order::iterator entry);

    std::uint64_t bytes_max_;
    std::uint64_t bytes_ = 0;
    Order order_;
    std::unordered_map<Key, Order::iterator, KeyHash> entries_;
};

}  // namespace sluice::storage
