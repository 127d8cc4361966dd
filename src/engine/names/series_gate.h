// A SeriesGate remembers which series of the active head may be written to databases that have a
// bound of series or of values of tags, so that core 0 is asked once for each: a row of a known
// series costs a look at a bit.
//
// One for each core. Series numbers belong to a head, so another head begins anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/model/point_batch.h"
#include "sluice/model/rejection.h"
#include "sluice/model/series_index.h"

namespace sluice::engine {

class SeriesGate {
public:
    // The series of a batch that nothing is known of, sorted. `batch` was parsed against the head.
    std::vector<model::SeriesId> unknown(std::string_view database, std::uint64_t head_id,
                                         const model::PointBatch& batch);
    // May be called until the head is another one.
    void admit(std::string_view database, std::uint64_t head_id, model::SeriesId series);
    // Nothing is known any more.
    void forget(std::string_view database);

    // The sentence for rows of the series of this place in the list.
    using RefusalText = std::function<std::string(std::size_t)>;
    // Takes the rows of `refused`, which is sorted, out of the batch, and returns how many there
    // were. Some of them are named in `rejections`, in the order of lines.
    static std::uint64_t remove(const std::vector<model::SeriesId>& refused,
                                const RefusalText& text, model::PointBatch& batch,
                                std::vector<model::Rejection>& rejections);

private:
    struct Known {
        std::uint64_t head_id = 0;
        std::vector<bool> admitted;  // by series
    };
    Known& known(std::string_view database, std::uint64_t head_id);

    std::map<std::string, Known, std::less<>> databases_;
};

// InfluxDB's sentence for a row whose series would be one too many.
std::string too_many_series_text(std::uint64_t series_max);

}  // namespace sluice::engine
