// LIMIT and OFFSET on the points of each tag set (query/iterator.gen.go: LimitIterator).
#pragma once

#include "query/points/point_stage.h"

namespace sluice::query {

class LimitPoints final : public PointStage {
public:
    // A `limit` of 0 means that there is none.
    LimitPoints(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width, std::int64_t limit,
                std::int64_t offset)
        : PointStage(std::move(input), auxiliary_width), limit_(limit), offset_(offset) {}

private:
    Step step(PointBlock& out) override {
        if (reader_.empty()) return Step::kEnd;
        const TaggedPoint& point = reader_.pop();
        if (point.tags != tags_) {
            tags_ = point.tags;
            seen_ = 0;
        }
        ++seen_;
        if (seen_ > offset_ && (limit_ == 0 || seen_ - offset_ <= limit_)) pass(point, out);
        return Step::kGoOn;
    }

    const std::int64_t limit_;
    const std::int64_t offset_;
    const TagSet* tags_ = nullptr;
    std::int64_t seen_ = 0;
};

}  // namespace sluice::query
