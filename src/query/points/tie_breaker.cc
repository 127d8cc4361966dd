#include "query/points/tie_breaker.h"

namespace sluice::query {

// Rows of the tag sets before this one are passed over; the first row of the next one, and a row of
// this one with another time, stay where they are. So the reader never goes past what a later point
// may need, and a tag set without a tie costs its rows once. aggregate() decides between rows as it
// did between series: equal times, the greater value.
io::Task<Result<void>> TieBreaker::choose(PointBlock& block, std::size_t number,
                                          model::Timestamp time) {
    TaggedPoint& point = block.points[number];
    AggregateState selected;
    for (std::int64_t seen = 0; seen < rows_max_;) {
        if (rows_.needs_refill()) {
            SLUICE_CO_TRY_VOID(co_await rows_.refill());
        }
        if (rows_.empty()) break;
        const TaggedPoint& row = rows_.peek();
        if (row.tags == point.tags) {
            if (row.point.time != time) break;
            ++seen;
            if (aggregate(call_, selected, time, row.point.value)) {
                put(row, point, block);
                selected.value = point.point.value;
            }
        } else if (seen > 0) {
            break;
        }
        rows_.pop();
    }
    co_return Result<void>();
}

void TieBreaker::put(const TaggedPoint& row, TaggedPoint& point, PointBlock& block) {
    point.point.value = keep_value(text_, row.point.value);
    const Value* values = rows_.auxiliary(row.point);
    if (values == nullptr || point.point.auxiliary == kNoRow) return;
    Value* kept = block.auxiliary.data() + std::size_t{point.point.auxiliary} * width_;
    for (std::size_t i = 0; i < width_; ++i) kept[i] = keep_value(text_, values[i]);
}

}  // namespace sluice::query
