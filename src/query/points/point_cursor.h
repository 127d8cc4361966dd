// Streams of points: what the functions of a SELECT are chained by.
//
// Points come by tag set, in the order of the answer: by measurement and outer tag set, then by
// time. They come in blocks, so that only blocks are awaited.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "query/expr/point.h"
#include "query/scan/tag_set.h"
#include "query/session/data_source.h"
#include "sluice/base/arena.h"

namespace sluice::query {

// A step that goes on without end passes its block on when it has this many points.
inline constexpr std::size_t kPointsPerBlock = 1024;

struct TaggedPoint {
    const TagSet* tags = nullptr;
    Point point;
};

// Points and the auxiliary values they refer to.
struct PointBlock {
    explicit PointBlock(std::size_t auxiliary_width = 0) : width(auxiliary_width) {}

    std::size_t width;
    std::vector<TaggedPoint> points;
    std::vector<Value> auxiliary;  // rows of `width`

    const Value* row(std::uint32_t number) const { return auxiliary.data() + number * width; }
    std::uint32_t add_row(const Value* values) {
        if (width == 0 || values == nullptr) return kNoRow;
        auxiliary.insert(auxiliary.end(), values, values + width);
        return static_cast<std::uint32_t>(auxiliary.size() / width - 1);
    }
    void clear() {
        points.clear();
        auxiliary.clear();
    }
};

class PointCursor {
public:
    virtual ~PointCursor() = default;

    // The next points, at least one; false: there are no more. Strings are valid until the next
    // call.
    virtual io::Task<Result<bool>> next(PointBlock& block) = 0;

    // After it said that there are no more points, there may be more all the same: InfluxDB's
    // iterators end where a window gives nothing, and go on for whoever asks again.
    virtual bool may_resume() const { return false; }
};

class NoPoints final : public PointCursor {
public:
    io::Task<Result<bool>> next(PointBlock&) override { co_return false; }
};

// Reads the points of a cursor one by one. Where empty() says so, refill() is due.
class PointReader {
public:
    PointReader(std::unique_ptr<PointCursor> cursor, std::size_t auxiliary_width)
        : cursor_(std::move(cursor)), block_(auxiliary_width) {}

    bool empty() const { return at_ == block_.points.size(); }
    // No point is left and none will come.
    bool ended() const { return ended_; }
    bool needs_refill() const { return empty() && !ended_; }

    const TaggedPoint& peek() const { return block_.points[at_]; }
    const TaggedPoint& pop() { return block_.points[at_++]; }
    // Null: there are none.
    const Value* auxiliary(const Point& point) const {
        return point.auxiliary == kNoRow ? nullptr : block_.row(point.auxiliary);
    }

    bool may_resume() const { return cursor_->may_resume(); }
    // Asks again where the end may not be one.
    void resume() {
        if (ended_ && cursor_->may_resume()) ended_ = false;
    }

    // Ends what was read before.
    io::Task<Result<void>> refill() {
        block_.clear();
        at_ = 0;
        Result<bool> more = co_await cursor_->next(block_);
        if (!more.ok()) co_return std::move(more).error();
        ended_ = !*more;
        co_return Result<void>();
    }

private:
    std::unique_ptr<PointCursor> cursor_;
    PointBlock block_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

// Copies of values whose owner goes away.
inline Value keep_value(Arena& text, Value value) {
    if (value.kind() != Value::Kind::kString) return value;
    return Value::of_string(text.copy(value.as_string()));
}

}  // namespace sluice::query
