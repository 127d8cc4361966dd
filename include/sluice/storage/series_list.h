// The series of a measurement in one shard group of a store.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/base/arena.h"

namespace sluice::storage {

// Series keys, sorted by their bytes, each once. Copies share them; the views live as long as one
// of the copies.
class SeriesList {
public:
    const std::vector<std::string_view>& keys() const { return shared_->keys; }
    std::size_t memory_bytes() const {
        return shared_->bytes.memory_bytes() + shared_->keys.capacity() * sizeof(std::string_view);
    }
    // `key` is greater than all keys before it. Not once the list was copied.
    void add(std::string_view key) { shared_->keys.push_back(shared_->bytes.copy(key)); }

private:
    struct Shared {
        Arena bytes;
        std::vector<std::string_view> keys;
    };
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

// Sees the keys of a listing before they take memory. What it does not keep is not in the list: a
// filter, or something that takes what it needs from each key and keeps none.
class SeriesSieve {
public:
    virtual ~SeriesSieve() = default;
    // In no order, a key more than once where it is in several places. `key` lives for the call.
    virtual bool keeps(std::string_view key) = 0;
};

}  // namespace sluice::storage
