// What one core knows of a SELECT between its steps: the series it has, and which tag set each
// belongs to.
//
// Made by the query's first core, filled and read only on its own core while jobs run there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/compile/sources.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

// The values of the dimensions joined by NUL, behind measurement and NUL: its order is the order of
// series in an answer.
using TagSetKey = std::string;

inline constexpr std::uint32_t kNoTagSet = ~std::uint32_t{0};

// The series of one measurement in one shard group of one store.
struct Piece {
    std::uint32_t source = 0;    // of SelectPlan::sources
    std::uint32_t group = 0;     // of PlannedSource::groups
    std::size_t store = 0;       // of the core
    storage::SeriesList series;  // those the condition does not exclude
    bool is_filtered = false;    // the condition excluded some
    // For each series its tag set; kNoTagSet when SLIMIT or SOFFSET leave it out. First numbers of
    // this core, after renumber() those of the query.
    std::vector<std::uint32_t> tag_sets;
    // All series of the store are of this tag set, too many to list: `series` is empty.
    std::optional<std::uint32_t> only_tag_set;
};

struct CoreSession {
    std::vector<Piece> pieces;
    TagKeys tag_keys;
    std::vector<TagSetKey> tag_sets;  // of this core, until renumber()
    bool has_matches = false;         // some series has a tag set of the query
    // Hash of series key, source and group, for finding series that lie in several stores.
    std::vector<std::uint64_t> series_hashes;
    std::uint64_t memory_bytes = 0;

    void renumber(const std::vector<std::uint32_t>& numbers);
};

std::uint64_t series_identity(std::string_view key, std::uint32_t source, std::uint32_t group);

}  // namespace sluice::query
