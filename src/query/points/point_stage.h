// A cursor over another one whose work never waits: it takes points off a reader in step().
#pragma once

#include <memory>
#include <optional>

#include "query/points/point_cursor.h"

namespace sluice::query {

class PointStage : public PointCursor {
public:
    io::Task<Result<bool>> next(PointBlock& block) final;
    bool may_resume() const override { return reader_.may_resume(); }

protected:
    enum class Step {
        kGoOn,
        kPause,   // others run before it goes on; only where there is a source_
        kPassOn,  // the points in the block use memory that the next step needs
        kEnd,
    };

    PointStage(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width)
        : reader_(std::move(input), auxiliary_width) {}

    // Moves on by a point or more, or works towards it. The reader has a point, or has ended.
    virtual Step step(PointBlock& out) = 0;
    // What earlier blocks refer to is no longer needed.
    virtual void release() {}
    // Bytes that are kept from block to block.
    virtual std::uint64_t memory_bytes() const { return 0; }
    // 0: no bound.
    std::uint64_t memory_bytes_max_ = 0;
    // Of a stage that works long, or gives points out, without taking any: others run between its
    // blocks, and it ends with the query.
    DataSource* source_ = nullptr;
    // Set by step(): the cursor ends with it.
    std::optional<Error> failure_;

    // Passes a point on with its auxiliary values.
    void pass(const TaggedPoint& point, PointBlock& out) const {
        TaggedPoint passed = point;
        passed.point.auxiliary = out.add_row(reader_.auxiliary(point.point));
        out.points.push_back(passed);
    }

    PointReader reader_;

private:
    io::Task<Result<void>> pause();

    // The last points have been passed on, but not that they were the last.
    bool end_is_due_ = false;
};

}  // namespace sluice::query
