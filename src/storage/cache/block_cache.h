// A BlockCache keeps pieces of segment files in memory, as bytes or as what was made of them. It is
// bounded in bytes, and the least recently used goes first.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "storage/files/random_access.h"

namespace sluice::storage {

// The cache of one store.
class BlockCache {
public:
    struct Key {
        std::uint64_t segment;
        std::uint64_t offset;
        std::uint64_t size;  // of bytes; of what was made of them, its name (RandomAccess)
        Made made = Made::kBytes;
        bool operator==(const Key&) const = default;
    };

    explicit BlockCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    // Returns the thing under a key, or nullptr. A thing that is held stays alive when the cache
    // lets it go. Key::made says of which type it is.
    std::shared_ptr<const void> find(const Key& key);
    // Returns whether the key is there, and leaves its age as it is.
    bool contains(const Key& key) const { return entries_.contains(key); }
    // Keeps a thing that occupies `size_bytes`. A thing that is too large is not kept.
    void insert(const Key& key, std::shared_ptr<const void> what, std::uint64_t size_bytes);
    void forget_segment(std::uint64_t segment);

    std::uint64_t bytes() const { return bytes_; }
    // Returns whether so many bytes fit in without pushing others out.
    bool has_room(std::uint64_t size_bytes) const;

private:
    struct Entry {
        Key key;
        std::shared_ptr<const void> what;
        std::uint64_t bytes;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            std::uint64_t hash =
                (key.segment ^ key.offset << 20 ^ std::uint64_t(key.made) << 16 ^ key.size << 8) *
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
