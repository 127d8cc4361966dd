// The series of a measurement in one shard group of a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arena.h"
#include "sluice/model/distinct_sample.h"

namespace sluice::storage {

// The condition that a tag has one of a few values. Neither the tag nor a value is empty or escaped
// in series keys.
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

    // Parts of segments that could not be read: series may be missing.
    std::uint64_t parts_missing() const { return parts_missing_; }
    void set_parts_missing(std::uint64_t count) { parts_missing_ = count; }

private:
    struct Shared {
        Arena bytes;
        std::vector<std::string_view> keys;
    };
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
    std::uint64_t parts_missing_ = 0;
};

// A sieve sees the keys of a listing before they take memory, and only the keys that it keeps enter
// the list. It is either a filter, or a collector that takes what it needs from each key and keeps
// none.
class SeriesSieve {
public:
    virtual ~SeriesSieve() = default;
    // Is called for keys in no particular order, and more than once for a key that lies in several
    // places. `key` is valid during the call.
    virtual bool keeps(std::string_view key) = 0;
    // About how many comparisons keeps() takes: a listing looks at the clock accordingly often.
    virtual std::size_t cost() const { return 1; }
    // What all keys have that it keeps: others need not be shown to it. Null: nothing is known.
    virtual const TagChoice* choice() const { return nullptr; }

    // Not null: the sieve wants of each key only its hash (hash_bytes) in this sample. Where a
    // sample of keys is known, it is merged into that one instead of showing the keys.
    virtual model::DistinctSample* sample() { return nullptr; }

    // Not 0: the sieve wants only so many keys, the first in the order of model::series_precedes(),
    // and keeps none. is_done_at() then says whether it has no use for `key`, nor for any key
    // behind it in that order.
    virtual std::size_t first_wanted() const { return 0; }
    virtual bool is_done_at(std::string_view) const { return false; }

    // Returns whether the sieve keeps no key and wants nothing of a key but its tags. Where the
    // tags are known without the keys, begin_tag() and see_value() are then called instead of
    // keeps().
    virtual bool takes_tags() const { return false; }
    // Is called for a tag that some series have, if nothing in it or its values is escaped. It
    // returns whether the values of the tag matter. The text is valid during the call, and so are
    // values.
    virtual bool begin_tag(std::string_view) { return false; }
    // Returns how many values of a tag are of use: the first ones in ascending order.
    virtual std::size_t values_wanted() const { return ~std::size_t{0}; }
    // Is called for each of these values of that tag once, in ascending order.
    virtual void see_value(std::string_view) {}
};

}  // namespace sluice::storage
