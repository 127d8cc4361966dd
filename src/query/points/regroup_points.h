// RegroupPoints gives points the tags of another level, and OwnTags gives them their own back.
#pragma once

#include <bit>
#include <memory>
#include <vector>

#include "query/points/point_stage.h"

namespace sluice::query {

class RegroupPoints final : public PointStage {
public:
    // If `remembers` is set, a point brings its own tags along as one more auxiliary value: the
    // address of its TagSet, as an integer.
    RegroupPoints(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width,
                  std::shared_ptr<Grouping> from, std::shared_ptr<Grouping> to, bool remembers)
        : PointStage(std::move(input), auxiliary_width),
          from_(std::move(from)),
          to_(std::move(to)),
          remembers_(remembers) {}

private:
    Step step(PointBlock& out) override {
        if (reader_.empty()) return Step::kEnd;
        TaggedPoint point = reader_.pop();
        const TagSet* own = point.tags;
        point.tags = to_->of_level(own, *from_);
        if (!remembers_) {
            pass(point, out);
            return Step::kGoOn;
        }
        const Value* row = reader_.auxiliary(point.point);
        row_.assign(out.width - 1, Value());
        if (row != nullptr) row_.assign(row, row + out.width - 1);
        row_.push_back(Value::of_unsigned(std::bit_cast<std::uintptr_t>(own)));
        point.point.auxiliary = out.add_row(row_.data());
        out.points.push_back(point);
        return Step::kGoOn;
    }

    const std::shared_ptr<Grouping> from_;
    const std::shared_ptr<Grouping> to_;
    const bool remembers_;
    std::vector<Value> row_;
};

// Undoes a RegroupPoints that remembers.
class OwnTags final : public PointStage {
public:
    OwnTags(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width)
        : PointStage(std::move(input), auxiliary_width + 1) {}

private:
    Step step(PointBlock& out) override {
        if (reader_.empty()) return Step::kEnd;
        TaggedPoint point = reader_.pop();
        const Value* row = reader_.auxiliary(point.point);
        point.tags = std::bit_cast<const TagSet*>(row[out.width].as_unsigned());
        point.point.auxiliary = out.add_row(row);
        out.points.push_back(point);
        return Step::kGoOn;
    }
};

}  // namespace sluice::query
