// Streams of points, by which the functions of a SELECT are chained.
//
// Points come by tag set, in the order of the answer: by measurement and outer tag set, then by
// time. The outer tag set is that of the answer; a nested query groups more finely, and its points
// of one outer tag set are mixed in the order of time. Points come in blocks, so that only blocks
// are awaited and the work between two points is a plain function call.
//
// An end that may not be the end. InfluxDB's iterators return nil both when they are exhausted and
// when a window gives no point, for example because percentile() found too few values. A caller
// that asks again after such a nil gets the points of the next window. Which callers ask again, and
// when, decides which rows an answer has, so it is repeated here: next() returns false in both
// cases, and may_resume() says that the second case is possible. WindowPoints may always resume;
// sources of stored points never do; a stage may resume if its input may; a transformation
// (StreamPoints) does not.
//
// Who asks again: JoinedRows, before and after each row, because InfluxDB's scanner peeks at every
// input that often; FillPoints, after each window that it made up; a PointStage, with each call of
// next(). Nobody else may, or rows would appear that InfluxDB does not show. A caller that has had
// false from a cursor whose may_resume() is false asks it no more.
//
// Ownership. A cursor owns the cursor it reads from, so the first one in a chain owns all of it. A
// block belongs to the caller; the strings in it belong to the cursor that gave it, until its next
// call. All of it lives on the core of the query. Only the ends of a chain, which read stores, send
// work to other cores, and nothing is in flight there between two calls of next().
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "query/expr/evaluate.h"
#include "query/expr/point.h"
#include "query/scan/tag_set.h"
#include "query/session/data_source.h"
#include "sluice/base/arena.h"

namespace sluice::query {

// A stage passes its block on when it has this many points. Only blocks are awaited, so the cost of
// awaiting is shared by as many points.
inline constexpr std::size_t kPointsPerBlock = 1024;

// The same where each point brings `width` values along: neither the memory of a block nor the work
// between two awaits is to grow with the width of a statement.
inline std::size_t points_per_block(std::size_t width) {
    return std::min(kPointsPerBlock, rows_between_breaths(width));
}

struct TaggedPoint {
    const TagSet* tags = nullptr;
    Point point;
};

// Points and the auxiliary values they refer to. Rows are referred to by number, because the list
// grows while a block is filled. A block is used again and again: its lists keep their memory.
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

    // Fills `block` with the next points, at least one, or returns false when there are no more.
    // Strings that the points refer to are valid until the next call, so a caller that keeps a
    // point copies its strings (keep_value).
    virtual io::Task<Result<bool>> next(PointBlock& block) = 0;

    // Returns whether next() may have more points although it has just said that there are none.
    virtual bool may_resume() const { return false; }
};

class NoPoints final : public PointCursor {
public:
    io::Task<Result<bool>> next(PointBlock&) override { co_return false; }
};

// Reads the points of a cursor one by one. Its caller looks at points as long as the reader is not
// empty(), and awaits refill() when needs_refill() says so; only refill() waits.
class PointReader {
public:
    PointReader(std::unique_ptr<PointCursor> cursor, std::size_t auxiliary_width)
        : cursor_(std::move(cursor)), block_(auxiliary_width) {}

    bool empty() const { return at_ == block_.points.size(); }
    // No point is left, and the cursor has said that none will come. Where may_resume() is true
    // that holds until resume().
    bool ended() const { return ended_; }
    bool needs_refill() const { return empty() && !ended_; }

    const TaggedPoint& peek() const { return block_.points[at_]; }
    const TaggedPoint& pop() { return block_.points[at_++]; }
    // The auxiliary values of a point of this block, or null if it has none.
    const Value* auxiliary(const Point& point) const {
        return point.auxiliary == kNoRow ? nullptr : block_.row(point.auxiliary);
    }

    bool may_resume() const { return cursor_->may_resume(); }
    // Takes the end back where it may not be one, so that needs_refill() is true again.
    void resume() {
        if (ended_ && cursor_->may_resume()) ended_ = false;
    }

    // Reads the next block. The points of the block before, and their strings, are gone.
    io::Task<Result<void>> refill() {
        // Where next() fails, the reader is empty and has not ended. Its owner passes the error on
        // and is not called again.
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
    std::size_t at_ = 0;  // the next point of the block; those before it have been read
    // The last block was none. It stays empty then, so ended_ implies empty().
    bool ended_ = false;
};

// Copies the string of a value whose owner goes away; other values are returned as they are.
inline Value keep_value(Arena& text, Value value) {
    if (value.kind() != Value::Kind::kString) return value;
    return Value::of_string(text.copy(value.as_string()));
}

}  // namespace sluice::query
