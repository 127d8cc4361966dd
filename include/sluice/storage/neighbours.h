// The other stores of the node, as one store sees them that hands rows over to where they belong.
//
// A store takes in what comes over the connections of its core, so the rows of a series may lie in
// several stores. Once a shard group has a home, each of its series has one: a hash of the key
// deals it to a part, and one store keeps the part. Merges cut what a store has taken in into parts
// and hand those of others over.
//
// A hand-over takes rows out of one store and puts them into another, and nobody may see them twice
// or miss them. So it happens at an epoch: queries that began before it see the rows where they
// were, until the last of these queries has ended, and later ones see them where they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/task.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::storage {

// The number of hand-overs of the node up to a moment. It begins anew with each start.
using Epoch = std::uint64_t;
// Behind the last epoch: what has not been taken out is seen until then.
inline constexpr Epoch kForEver = ~Epoch{0};
// Of a reader that sees what there is at the moment of each call.
inline constexpr Epoch kNow = kForEver - 1;

// Which series of its shard group a segment may hold: those that home_part() deals to one part of
// `count`, or, as long as the group has no home, any.
struct HomePart {
    std::uint16_t number = 0;
    std::uint16_t count = 0;  // 0: any series

    bool is_any() const { return count == 0; }
    bool operator==(const HomePart&) const = default;
};

// Returns the part of `count` that a series, by its canonical key, belongs to. It never changes,
// because segments on disk were cut by it.
std::uint16_t home_part(std::string_view series_key, std::uint16_t count);

// The stores that keep the parts of a shard group, by number of the part. Without any, rows stay
// where they came in.
struct GroupHome {
    std::vector<std::uint32_t> stores;

    bool empty() const { return stores.empty(); }
    std::uint16_t parts() const { return static_cast<std::uint16_t>(stores.size()); }
    bool operator==(const GroupHome&) const = default;
};

// What a store has of a shard group: those decide by it who choose a home.
struct GroupHolding {
    // Rows in heads, on their way to one, or in segments of any series.
    bool has_unsorted = false;
    std::uint64_t values = 0;  // in segments
    // Of its rows, those on their way left aside. Whoever does not know says: any time.
    model::TimeRange range;
    struct Part {
        HomePart part;
        std::uint64_t values = 0;
    };
    std::vector<Part> parts;  // those it keeps

    bool empty() const { return !has_unsorted && parts.empty(); }
};

// A place for a segment in another store.
struct SegmentPlace {
    std::string directory;  // of that store
    std::uint64_t id = 0;
};

struct SegmentRecord;

// Is used on the core of the store that it was made for. After the node has begun to stop,
// everything fails with kCancelled but the end of what has begun.
//
//     home = find_homes({group})
//     for each part of others: place = take_place(store); a segment is written there
//     begin_hand_over()
//         accept(store, segment)       durable there, and not yet seen
//         ...                          what the own manifest has to say is made durable
//         epoch = reveal(stores)
//         ...                          the own rows leave at this epoch
//     end_hand_over(epoch)             queries that begin from now on see the new order
class Neighbours {
public:
    virtual ~Neighbours() = default;

    struct Choice {
        GroupHome home;
        // No other store has rows of the group that are not at home, or that might become so.
        bool others_are_sorted = false;
    };
    // Finds the homes of groups, in their order, and gives homes to those that have none and need
    // one: because several stores have rows of them, or because they are large.
    virtual io::Task<Result<std::vector<Choice>>> find_homes(
        std::vector<model::ShardGroupId> groups) = 0;

    virtual io::Task<Result<SegmentPlace>> take_place(std::uint32_t store) = 0;
    // Nothing is at the place, and nothing will be.
    virtual io::Task<void> give_up(std::uint32_t store, SegmentPlace place) = 0;

    // Waits until no other hand-over, drop or settling of deletes is under way. Each that began is
    // ended.
    virtual io::Task<Result<void>> begin_hand_over() = 0;
    virtual io::Task<Result<void>> accept(std::uint32_t store, const SegmentRecord& segment) = 0;
    virtual io::Task<Epoch> reveal(std::vector<std::uint32_t> stores) = 0;
    // 0: nothing was revealed.
    virtual io::Task<void> end_hand_over(Epoch epoch) = 0;
};

}  // namespace sluice::storage
