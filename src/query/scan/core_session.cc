// A session is what a core knows of the series of one query: their identities and their tag sets.
#include "query/scan/core_session.h"

#include "sluice/base/check.h"
#include "sluice/base/hash.h"

namespace sluice::query {

std::uint64_t series_identity(std::string_view key, std::uint32_t source, std::uint32_t group) {
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;
    return hash_bytes(key) ^ (((std::uint64_t{source} << 32) | group) + 1) * kMix;
}

void CoreSession::renumber(const std::vector<std::uint32_t>& numbers) {
    SLUICE_CHECK(numbers.size() == tag_sets.size());
    for (Piece& piece : pieces) {
        SLUICE_CHECK(piece.tag_sets.size() == piece.series.keys().size());
        SLUICE_CHECK(!piece.only_tag_set || *piece.only_tag_set < numbers.size());
        for (std::uint32_t& tag_set : piece.tag_sets) tag_set = numbers[tag_set];
        if (piece.only_tag_set) piece.only_tag_set = numbers[*piece.only_tag_set];
        has_matches = has_matches || !piece.tag_sets.empty() || piece.only_tag_set;
    }
}

}  // namespace sluice::query
