// The series of a measurement in one shard group of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/base/arena.h"

namespace sluice::storage {

// A tag that has one of a few values. Neither is empty or escaped in series keys.
struct TagChoice {
    std::string tag;
    std::vector<std::string> values;

    // Whether a tag or value can stand in a choice.
    static bool is_plain(std::string_view name) {
        return !name.empty() && name.find_first_of(",= \\") == std::string_view::npos;
    }
};

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

    // Where the keys with such a tag are, ascending; perhaps others among them. The first call for
    // a tag looks at all keys, copies share what it finds: to be called on one core. Nothing: too
    // many tags have been asked for.
    std::optional<std::vector<std::uint32_t>> find(const TagChoice& choice) const;

private:
    struct TagPlaces {
        std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_value;
        std::vector<std::uint32_t> uncertain;  // something in the key is escaped
    };
    struct Shared {
        Arena bytes;
        std::vector<std::string_view> keys;
        std::map<std::string, TagPlaces, std::less<>> tags;
    };
    static TagPlaces index_tag(const std::vector<std::string_view>& keys, std::string_view tag);
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

// Sees the keys of a listing before they take memory. What it does not keep is not in the list: a
// filter, or something that takes what it needs from each key and keeps none.
class SeriesSieve {
public:
    virtual ~SeriesSieve() = default;
    // In no order, a key more than once where it is in several places. `key` lives for the call.
    virtual bool keeps(std::string_view key) = 0;
    // About how many comparisons keeps() takes: a listing looks at the clock accordingly often.
    virtual std::size_t cost() const { return 1; }
    // What all keys have that it keeps: others need not be shown to it. Null: nothing is known.
    virtual const TagChoice* choice() const { return nullptr; }

    // Whether it keeps no key and wants nothing of keys but their tags. Where those are known
    // without the keys, begin_tag() and see_value() are called instead of keeps().
    virtual bool takes_tags() const { return false; }
    // A tag that some series have; nothing in it or its values is escaped. False: its values do not
    // matter. Lives for the call, as do values.
    virtual bool begin_tag(std::string_view) { return false; }
    // A value of that tag; ascending, each once.
    virtual void see_value(std::string_view) {}
};

}  // namespace sluice::storage
