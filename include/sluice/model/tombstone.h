// A delete that has been acknowledged: which rows of a database do not count any more.
//
// A tombstone covers a row when the row's series, time and shard group are among its own and the
// row was written before: its sequence is lower. Points written later are not covered, however
// often the tombstone is looked at. The bytes are those of src/meta/CATALOG_FORMAT.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/regex.h"
#include "sluice/model/series_predicate.h"
#include "sluice/model/shard_map.h"
#include "sluice/model/timestamp.h"

namespace sluice::model {

// One source of a FROM clause.
struct MeasurementPattern {
    std::string text;            // the name, unescaped, or the regular expression
    std::optional<Regex> regex;  // compiled from `text`

    bool matches(std::string_view name) const {
        return regex ? regex->matches(name) : name == text;
    }
};

struct Tombstone {
    std::uint64_t sequence = 0;
    // Groups with higher ids were made later: whatever they hold was written later.
    ShardGroupId last_group = 0;
    // Only rows of this retention policy; empty: of every policy of the database.
    std::string policy;
    TimeRange range;
    std::vector<MeasurementPattern> measurements;  // none: every measurement
    SeriesPredicate series;

    bool names(std::string_view measurement) const;
    bool reaches(std::string_view of_policy) const { return policy.empty() || policy == of_policy; }
    // Every row that `other` covers is covered by this one.
    bool subsumes(const Tombstone& other) const;

    // Without the policy, which stands before the tombstone where there is one: see the format.
    void write(ByteWriter& out) const;
    static bool read(ByteReader& in, Tombstone& out);
    std::string text() const;
};

// In the order of their sequences.
using TombstoneList = std::vector<std::shared_ptr<const Tombstone>>;

// The tombstones by shard group, as stores look them up: a group has those of its database that
// reach its policy. A group without any is not in the map.
struct TombstoneMap {
    std::map<ShardGroupId, std::shared_ptr<const TombstoneList>> groups;
    // The highest sequence of any tombstone. A tombstone with a lower sequence that is not here has
    // nothing left to cover.
    std::uint64_t last_sequence = 0;

    const TombstoneList* of_group(ShardGroupId group) const {
        const auto found = groups.find(group);
        return found == groups.end() ? nullptr : found->second.get();
    }
};

}  // namespace sluice::model
