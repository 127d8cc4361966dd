// The order in which a segment has the series of a head: by measurement, then by key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/storage/head.h"

namespace sluice::storage {

// The series of one head, by measurement, in the order of their keys. It knows the series that the
// head had when it was made.
class SeriesOrder {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};

    // Sorts all series that the head has now.
    static io::Task<SeriesOrder> sort(io::Reactor& reactor, std::shared_ptr<const Head> head);
    // The same of one measurement. The head keeps what was found last: the next call sorts only the
    // series that have come since.
    static io::Task<std::shared_ptr<const SeriesOrder>> of_measurement(
        io::Reactor& reactor, std::shared_ptr<const Head> head, model::MeasurementId measurement);
    // Takes those of the `keys`, which are sorted, that the head knows.
    static SeriesOrder pick(const Head& head, const std::vector<std::string>& keys);
    // The same without ranks: to go from ranks to series only.
    static SeriesOrder pick_unranked(const Head& head, const std::vector<std::string>& keys);

    // Returns the position of a series among those of its measurement, or kNone if it is not in the
    // order.
    std::uint32_t rank(model::SeriesId series) const {
        return series < ranks_.size() ? ranks_[series] : kNone;
    }
    std::uint32_t count(model::MeasurementId measurement) const {
        return measurement < sorted_.size()
                   ? static_cast<std::uint32_t>(sorted_[measurement].size())
                   : 0;
    }
    model::SeriesId series(model::MeasurementId measurement, std::uint32_t rank) const {
        return sorted_[measurement][rank];
    }
    std::size_t memory_bytes() const;

private:
    void make_ranks(std::uint32_t count);

    PodVector<std::uint32_t> ranks_;                  // by series id
    std::vector<PodVector<model::SeriesId>> sorted_;  // by measurement id
};

}  // namespace sluice::storage
