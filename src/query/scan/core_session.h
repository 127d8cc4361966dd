// What one core knows of a SELECT between its steps: the series it has, and which tag set each
// belongs to.
//
// Made by the query's first core, filled and read only on its own core while jobs run there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "query/compile/sources.h"
#include "query/scan/select_budget.h"
#include "query/scan/select_plan.h"
#include "query/scan/series_filter.h"
#include "query/session/data_source.h"

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

enum class Listing : std::uint8_t { kSeries, kSeriesAndTagKeys, kTagKeys };

// What a core asks of the keys of a source (of PlannedSource's number) while it lists them; null:
// all are kept. Called on all cores at the same time.
using SieveMaker =
    std::function<std::unique_ptr<storage::SeriesSieve>(std::uint32_t core, std::uint32_t source)>;

// Lists the series of `sources`, their tag keys or both. Tag keys are those of all series, whatever
// a sieve keeps.
class ListJob final : public CoreJob {
public:
    ListJob(const std::vector<PlannedSource>& sources, Listing listing,
            std::uint64_t memory_bytes_max, std::vector<CoreSession>& sessions)
        : sources_(sources),
          listing_(listing),
          memory_bytes_max_(memory_bytes_max),
          sessions_(sessions) {}
    // `maker` outlives the job.
    void set_sieves(const SieveMaker& maker) { make_sieve_ = &maker; }
    io::Task<Result<void>> run(CoreView& core) override;

private:
    const std::vector<PlannedSource>& sources_;
    const SieveMaker* make_sieve_ = nullptr;
    Listing listing_;
    std::uint64_t memory_bytes_max_;
    std::vector<CoreSession>& sessions_;
};

// The first step of a scan: lists the series that the condition does not exclude, and puts them
// into tag sets.
class GroupJob final : public CoreJob {
public:
    GroupJob(const SelectPlan& plan, const SelectBudget& budget, std::vector<CoreSession>& sessions)
        : plan_(plan), budget_(budget), sessions_(sessions) {}
    io::Task<Result<void>> run(CoreView& core) override;

private:
    class Grouper;

    const SelectPlan& plan_;
    const SelectBudget& budget_;
    std::vector<CoreSession>& sessions_;
};

// The value of a tag in the canonical bytes of a series, unescaped into `scratch` when needed.
// Empty when there is none.
std::string_view tag_in_key(std::string_view key, std::string_view tag, std::string& scratch);

Error too_much_memory(std::uint64_t bytes_max);

// Whether a reference of a planned condition is a field.
bool is_field_reference(const influxql::VarRef& ref);

}  // namespace sluice::query
