// A CoreSession is what one core knows of a SELECT between its steps: the series that it has, and
// which tag set each of them belongs to.
//
// The first core of the query makes the sessions. While jobs run, each is filled and read on its
// own core only; between jobs the first core looks at all of them.
//
// A session lives as long as its scan, from SeriesScan::prepare() on. Pieces are made by one job
// and only renumbered after that: the jobs of all portions read the same ones. Their keys are
// copies, so a piece holds nothing back in the store that it was listed from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/compile/sources.h"
#include "sluice/model/timestamp.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

// The measurement and the values of the dimensions, joined by NUL. The order of these texts is the
// order of series in an answer.
using TagSetKey = std::string;

inline constexpr std::uint32_t kNoTagSet = ~std::uint32_t{0};

// The series of one measurement in one shard group of one store. A series that lies in several
// shard groups is in as many pieces, and counts as another one in each: InfluxDB adds up and limits
// by shard, too. A series of one shard group that is in pieces of several stores is a shared
// series.
struct Piece {
    std::uint32_t source = 0;    // of SelectPlan::sources
    std::uint32_t group = 0;     // of PlannedSource::groups
    std::size_t store = 0;       // of the core
    storage::SeriesList series;  // those the condition does not exclude
    bool is_filtered = false;    // the condition excluded some
    // For each series the number of its tag set, or kNoTagSet when SLIMIT or SOFFSET leave it out.
    // The numbers are first those of this core, and after renumber() those of the query.
    std::vector<std::uint32_t> tag_sets;
    // If this is set, all series of the store are of this tag set and too many to list: `series` is
    // empty, and the scan is not told which series to read. That is possible only where nothing
    // tells series apart: without a condition on tags and without GROUP BY.
    std::optional<std::uint32_t> only_tag_set;
    // All of it was at home when the scan began, and later rows are left out.
    bool only_at_home = false;
    model::TimeRange range;  // in which the store has rows of the group
};

struct CoreSession {
    std::vector<Piece> pieces;
    TagKeys tag_keys;
    std::vector<TagSetKey> tag_sets;  // of this core, until renumber()
    bool has_matches = false;         // some series has a tag set of the query
    // Hashes of series key, source and group, sorted, by which series are found that lie in several
    // stores. A hash stands here once for each store that has the series. They are freed when the
    // shared series have been found.
    std::vector<std::uint64_t> series_hashes;
    // An estimate of all of the above, which the core of the query counts against its budget.
    std::uint64_t memory_bytes = 0;

    // Replaces the numbers that this core gave to its tag sets: number i becomes numbers[i].
    void renumber(const std::vector<std::uint32_t>& numbers);
};

// Returns the hash that stands for a series of one source and shard group. Two series with one hash
// count as one series that several stores share: it is then merged without need, which costs time
// and changes no answer.
std::uint64_t series_identity(std::string_view key, std::uint32_t source, std::uint32_t group);

}  // namespace sluice::query
