#include "storage/memtable/series_order.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"

namespace sluice::storage {
namespace {

// Steps between looks at the clock: some 20 µs each.
constexpr std::size_t kSortSlice = 512;
constexpr std::size_t kSeriesPerLook = 8192;
constexpr std::size_t kSeriesWorthKeeping = 1024;

struct SortKey {
    std::uint64_t prefix;  // eight bytes behind what all keys share, as a number
    model::SeriesId series;
};

struct KeyLess {
    const model::SeriesIndex* index;
    std::size_t shared;

    bool operator()(const SortKey& a, const SortKey& b) const {
        if (a.prefix != b.prefix) return a.prefix < b.prefix;
        return index->key(a.series).substr(shared) < index->key(b.series).substr(shared);
    }
};

std::size_t shared_prefix(std::string_view a, std::string_view b, std::size_t at_most) {
    const std::size_t size = std::min({a.size(), b.size(), at_most});
    std::size_t i = 0;
    while (i < size && a[i] == b[i]) ++i;
    return i;
}

// Shorter keys are filled with zeroes, so that a key that ends sorts before one that goes on.
std::uint64_t key_prefix(std::string_view key, std::size_t from) {
    char bytes[8] = {};
    std::memcpy(bytes, key.data() + from, std::min<std::size_t>(8, key.size() - from));
    std::uint64_t value;
    std::memcpy(&value, bytes, 8);
    return __builtin_bswap64(value);
}

// Sorts by merging, in slices: runs of kSortSlice keys are sorted and then merged, twice as long
// each time.
io::Task<void> sort_keys(io::Reactor& reactor, std::vector<SortKey>& keys, KeyLess less) {
    for (std::size_t begin = 0; begin < keys.size(); begin += kSortSlice) {
        const auto first = keys.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(first,
                  first + static_cast<std::ptrdiff_t>(std::min(kSortSlice, keys.size() - begin)),
                  less);
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    std::vector<SortKey> merged(keys.size() > kSortSlice ? keys.size() : 0);
    for (std::size_t width = kSortSlice; width < keys.size(); width *= 2) {
        for (std::size_t begin = 0; begin < keys.size(); begin += 2 * width) {
            const std::size_t middle = std::min(begin + width, keys.size());
            const std::size_t end = std::min(begin + 2 * width, keys.size());
            std::size_t left = begin;
            std::size_t right = middle;
            for (std::size_t out = begin; out < end; ++out) {
                const bool take_left =
                    right == end || (left < middle && !less(keys[right], keys[left]));
                merged[out] = keys[take_left ? left++ : right++];
                if (out % kSortSlice == 0 && reactor.needs_yield()) co_await reactor.yield();
            }
        }
        keys.swap(merged);
    }
}

// Keys of a measurement share a long prefix, at least its name. So they are compared by the eight
// bytes behind what all of them share, as one number, and by the rest of the key only where these
// are equal.
io::Task<void> sort_series(io::Reactor& reactor, const model::SeriesIndex& index,
                           PodVector<model::SeriesId>& ids) {
    if (ids.empty()) co_return;
    KeyLess less{&index, index.key(ids[0]).size()};
    for (const model::SeriesId id : ids) {
        less.shared = shared_prefix(index.key(ids[0]), index.key(id), less.shared);
    }
    std::vector<SortKey> keys;
    keys.reserve(ids.size());
    for (const model::SeriesId id : ids) {
        keys.push_back({key_prefix(index.key(id), less.shared), id});
    }
    co_await sort_keys(reactor, keys, less);
    SLUICE_CHECK(keys.size() == ids.size());
    for (std::size_t i = 0; i < keys.size(); ++i) ids[i] = keys[i].series;
}

// Both are in order; `out` is empty.
io::Task<void> merge_series(io::Reactor& reactor, const model::SeriesIndex& index,
                            const PodVector<model::SeriesId>& old,
                            const PodVector<model::SeriesId>& added,
                            PodVector<model::SeriesId>& out) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < added.size(); ++i) {
        const auto before = static_cast<std::size_t>(
            std::lower_bound(old.begin() + next, old.end(), index.key(added[i]),
                             [&index](model::SeriesId id, std::string_view key) {
                                 return index.key(id) < key;
                             }) -
            old.begin());
        out.append({old.data() + next, before - next});
        out.push_back(added[i]);
        next = before;
        if (i % kSortSlice == 0 && reactor.needs_yield()) co_await reactor.yield();
    }
    out.append({old.data() + next, old.size() - next});
}

}  // namespace

io::Task<SeriesOrder> SeriesOrder::sort(io::Reactor& reactor, std::shared_ptr<const Head> head) {
    SeriesOrder order;
    const model::SeriesIndex& index = head->series_index();
    const std::uint32_t count = index.series_count();
    order.sorted_.resize(index.measurement_count());
    for (model::SeriesId id = 0; id < count; ++id) {
        order.sorted_[index.measurement(id)].push_back(id);
        if (id % kSeriesPerLook == 0 && reactor.needs_yield()) co_await reactor.yield();
    }
    for (PodVector<model::SeriesId>& ids : order.sorted_) {
        co_await sort_series(reactor, index, ids);
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    order.make_ranks(count);
    co_return order;
}

io::Task<std::shared_ptr<const SeriesOrder>> SeriesOrder::of_measurement(
    io::Reactor& reactor, std::shared_ptr<const Head> head, model::MeasurementId measurement) {
    const model::SeriesIndex& index = head->series_index();
    const std::uint32_t count = index.series_count();
    const std::shared_ptr<const SeriesOrder> kept = head->kept_order(measurement);
    if (kept != nullptr && kept->ranks_.size() == count) co_return kept;
    PodVector<model::SeriesId> added;
    for (auto id = static_cast<model::SeriesId>(kept == nullptr ? 0 : kept->ranks_.size());
         id < count; ++id) {
        if (index.measurement(id) == measurement) added.push_back(id);
        if (id % kSeriesPerLook == 0 && reactor.needs_yield()) co_await reactor.yield();
    }
    co_await sort_series(reactor, index, added);
    auto order = std::make_shared<SeriesOrder>();
    order->sorted_.resize(std::size_t{measurement} + 1);
    PodVector<model::SeriesId>& sorted = order->sorted_[measurement];
    if (kept == nullptr) {
        sorted = std::move(added);
    } else {
        co_await merge_series(reactor, index, kept->sorted_[measurement], added, sorted);
    }
    order->make_ranks(count);
    // Places of the ranks are as many as the head has series, so small measurements are left alone.
    if (sorted.size() >= kSeriesWorthKeeping && sorted.size() >= count / 4) {
        head->keep_order(measurement, order);
    }
    co_return order;
}

// Fills ranks_ for the first `count` series of the head.
void SeriesOrder::make_ranks(std::uint32_t count) {
    ranks_.append_copies(count, kNone);
    for (const PodVector<model::SeriesId>& sorted : sorted_) {
        for (std::uint32_t place = 0; place < sorted.size(); ++place) ranks_[sorted[place]] = place;
    }
}

SeriesOrder SeriesOrder::pick(const Head& head, const std::vector<std::string>& keys) {
    SeriesOrder order = pick_unranked(head, keys);
    order.make_ranks(head.series_index().series_count());
    return order;
}

SeriesOrder SeriesOrder::pick_unranked(const Head& head, const std::vector<std::string>& keys) {
    SeriesOrder order;
    const model::SeriesIndex& index = head.series_index();
    order.sorted_.resize(index.measurement_count());
    for (const std::string& key : keys) {
        const model::SpellingId spelling = index.find(key, hash_bytes(key));
        if (spelling == model::SeriesIndex::kNone) continue;
        const model::SeriesId id = index.spelling(spelling).series;
        if (index.key(id) != key) continue;
        order.sorted_[index.measurement(id)].push_back(id);
    }
    return order;
}

std::size_t SeriesOrder::memory_bytes() const {
    std::size_t bytes = ranks_.capacity() * sizeof(std::uint32_t);
    for (const auto& each : sorted_) bytes += each.capacity() * sizeof(model::SeriesId);
    return bytes;
}

}  // namespace sluice::storage
