// Cursors over points and rows that a test lists, and what comes out of a chain of stages as text.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/points/point_cursor.h"
#include "query/points/row_cursor.h"

namespace sluice::query {

struct ListedPoint {
    const TagSet* tags = nullptr;
    model::Timestamp time = 0;
    Value value;
    std::vector<Value> auxiliary;
};

// Gives the points in blocks of `block_points`. Strings of a block are spoilt when the next one is
// asked for, as they are gone in a query: whoever keeps one shows it.
class ListPoints final : public PointCursor {
public:
    explicit ListPoints(std::vector<ListedPoint> points, std::size_t block_points = 3)
        : points_(std::move(points)), block_points_(block_points) {}

    // Says so in place of its end.
    ListPoints& fail(std::string message) {
        error_ = Error{ErrorKind::kCancelled, std::move(message)};
        return *this;
    }
    // Says before each of these points (by number) that there are no more.
    ListPoints& pause_before(std::vector<std::size_t> pauses) {
        pauses_ = std::move(pauses);
        return *this;
    }

    io::Task<Result<bool>> next(PointBlock& block) override {
        block.clear();
        for (; spoilt_ < texts_.size(); ++spoilt_)
            texts_[spoilt_].assign(texts_[spoilt_].size(), '#');
        const auto pause = std::find(pauses_.begin(), pauses_.end(), at_);
        if (pause != pauses_.end()) {
            pauses_.erase(pause);
            co_return false;
        }
        if (at_ == points_.size() && error_) co_return *error_;
        while (at_ < points_.size() && block.points.size() < block_points_) {
            if (!block.points.empty() &&
                std::find(pauses_.begin(), pauses_.end(), at_) != pauses_.end()) {
                break;
            }
            const ListedPoint& listed = points_[at_++];
            std::vector<Value> row;
            for (const Value& value : listed.auxiliary) row.push_back(lend(value));
            block.points.push_back({listed.tags,
                                    {listed.time, lend(listed.value),
                                     block.add_row(row.empty() ? nullptr : row.data())}});
        }
        co_return !block.points.empty();
    }
    bool may_resume() const override { return !pauses_.empty(); }

private:
    Value lend(Value value) {
        if (value.kind() != Value::Kind::kString) return value;
        return Value::of_string(texts_.emplace_back(value.as_string()));
    }

    std::vector<ListedPoint> points_;
    std::size_t block_points_;
    std::size_t at_ = 0;
    std::optional<Error> error_;
    std::vector<std::size_t> pauses_;
    std::deque<std::string> texts_;  // none goes: what still points to one reads '#', not chance
    std::size_t spoilt_ = 0;
};

inline std::string text_of(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::kNull:
            return "null";
        case Value::Kind::kFloat: {
            std::string text = std::to_string(value.as_float());
            text.erase(text.find_last_not_of('0') + 1);
            return text;
        }
        case Value::Kind::kInteger:
            return std::to_string(value.as_integer()) + "i";
        case Value::Kind::kUnsigned:
            return std::to_string(value.as_unsigned()) + "u";
        case Value::Kind::kString:
            return std::string(value.as_string());
        default:
            return value.as_boolean() ? "true" : "false";
    }
}

using Lines = std::vector<std::string>;

// "<last tag value> <time> <value> <auxiliary values>" for each point; an error comes last. Asks
// `ends` times behind an end, for cursors that may resume.
inline Lines drain(PointCursor& cursor, std::size_t width = 0, int ends = 1) {
    Lines lines;
    PointBlock block(width);
    while (ends > 0) {
        auto task = cursor.next(block);
        EXPECT_TRUE(task.done());
        Result<bool> more = task.take();
        if (!more.ok()) {
            lines.push_back("error: " + more.error().message);
            break;
        }
        EXPECT_EQ(*more, !block.points.empty());
        if (!*more && --ends > 0 && cursor.may_resume()) lines.push_back("-");
        for (const TaggedPoint& each : block.points) {
            std::string line =
                each.tags->values.empty() ? each.tags->name : each.tags->values.back();
            line += " " + std::to_string(each.point.time) + " " + text_of(each.point.value);
            if (each.point.auxiliary != kNoRow) {
                for (std::size_t i = 0; i < width; ++i) {
                    line += " " + text_of(block.row(each.point.auxiliary)[i]);
                }
            }
            lines.push_back(std::move(line));
        }
    }
    return lines;
}

}  // namespace sluice::query
