// A ListJob lists series and tag keys on all cores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "query/compile/sources.h"
#include "query/scan/core_session.h"
#include "query/session/data_source.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

enum class Listing : std::uint8_t { kSeries, kSeriesAndTagKeys, kTagKeys };

// Makes the sieve through which a core passes the keys of a source while it lists them; null means
// that all are kept. `source` is the number of a PlannedSource. It is called on all cores at the
// same time.
using SieveMaker =
    std::function<std::unique_ptr<storage::SeriesSieve>(std::uint32_t core, std::uint32_t source)>;

// It lists the series of `sources`, their tag keys, or both. Tag keys are those of all series,
// whatever a sieve keeps.
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
    // Lists those sources only, in this order. `numbers` outlive the job.
    void set_numbers(std::span<const std::uint32_t> numbers) { numbers_ = numbers; }
    io::Task<Result<void>> run(CoreView& core) override;

private:
    const std::vector<PlannedSource>& sources_;
    const SieveMaker* make_sieve_ = nullptr;
    std::optional<std::span<const std::uint32_t>> numbers_;
    Listing listing_;
    std::uint64_t memory_bytes_max_;
    std::vector<CoreSession>& sessions_;
};

}  // namespace sluice::query
