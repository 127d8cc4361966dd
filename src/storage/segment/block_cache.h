// Pieces of segment files kept in memory, as bytes or as what was made of them, bounded in bytes,
// least recently used out first.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "storage/files/random_access.h"

namespace sluice::storage {

// Of one store.
class BlockCache {
public:
    struct Key {
        std::uint64_t segment;
        std::uint64_t offset;
        std::uint64_t size;  // of bytes; of what was made of them, 0
        Made made = Made::kBytes;
        bool operator==(const Key&) const = default;
    };

    explicit BlockCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    // nullptr when absent. Who holds what is cached keeps it, cached or not. Its type is known to
    // whoever chose Key::made.
    std::shared_ptr<const void> find(const Key& key);
    // Leaves it as old as it is.
    bool contains(const Key& key) const { return entries_.contains(key); }
    // `size_bytes`: what it occupies. Too large a thing is not kept.
    void insert(const Key& key, std::shared_ptr<const void> what, std::uint64_t size_bytes);
    void forget_segment(std::uint64_t segment);

    std::uint64_t bytes() const { return bytes_; }
    // Whether so many bytes come in without that others have to go.
    bool has_room(std::uint64_t size_bytes) const;

private:
    struct Entry {
        Key key;
        std::shared_ptr<const void> what;
        std::uint64_t bytes;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            std::uint64_t hash = (key.segment ^ key.offset << 20 ^ std::uint64_t(key.made) << 16) *
                                 0x9E3779B97F4A7C15;
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
