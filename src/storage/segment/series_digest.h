// A SeriesDigest says of the keys of a measurement of a segment what would take all of them to find
// out: how many different ones they are among those of other places, and on which pages the first
// ones are in the order of lists, which is not the order of the pages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/model/distinct_sample.h"
#include "storage/segment/segment_series_page.h"

namespace sluice::storage {

// Pages are added in their order; finish() ends that.
class SeriesDigest {
public:
    void add_page(const SeriesPage& page);
    void finish();

    const model::DistinctSample& sample() const { return sample_; }
    // The pages by their first keys in the order of model::series_precedes().
    struct FirstOfPage {
        std::string key;
        std::uint32_t page;
    };
    const std::vector<FirstOfPage>& firsts() const { return firsts_; }
    std::size_t memory_bytes() const;

private:
    model::DistinctSample sample_;
    std::vector<FirstOfPage> firsts_;
};

}  // namespace sluice::storage
