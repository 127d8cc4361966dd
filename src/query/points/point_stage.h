// A PointStage is a cursor over another cursor whose own work never waits: it takes points off a
// reader in step(), and next() does all the awaiting for it.
//
// What next() guarantees to step(): the reader has a point or has ended, and `out` has room. next()
// begins with release(), since the caller no longer looks at the block before. Then it calls step()
// until the block is full, until step() asks for a pause or says that the block must be passed on,
// or until the reader needs its next block while `out` already has points: refilling would free the
// strings they refer to, so the block is passed on first.
//
// Ends: a stage that reaches kEnd with points in its block passes these on, and says false in the
// call after. The next call resumes the reader, which has an effect only where the input may resume
// (PointCursor::may_resume).
//
// Why a stage has to be resumable at all: nothing waits inside of step(), so a stage stops wherever
// its input has no point ready or its block is full, in the middle of a window or of a tag set. All
// that it knows then lies in its members, and the next step() goes on from there. A step that began
// something and returned kPause is called again with the same reader; it must find out by itself
// how far it was.
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
        kGoOn,    // it is called again, unless the block is full or the reader needs its next block
        kPause,   // others run before it goes on; only where there is a source_
        kPassOn,  // the points in the block use memory that the next step needs
        kEnd,     // no more points; may_resume() says whether asking again may bring some
    };

    PointStage(std::unique_ptr<PointCursor> input, std::size_t auxiliary_width)
        : reader_(std::move(input), auxiliary_width) {}

    // Takes one point off the reader or gives one out, or does a bounded part of the work towards
    // it. When it is called, the reader has a point or has ended.
    virtual Step step(PointBlock& out) = 0;
    // Frees what earlier blocks refer to. It is called before a new block is begun.
    virtual void release() {}
    // The bytes that the stage keeps from block to block. They are compared with memory_bytes_max_
    // after each block that is read.
    virtual std::uint64_t memory_bytes() const { return 0; }
    // The bound of memory_bytes(). 0 means that there is none.
    std::uint64_t memory_bytes_max_ = 0;
    // Set by a stage that may work long, or give out points, without taking any point (fill(), a
    // forecast). Between its blocks other work of the core runs, and the stage ends when the query
    // is stopped. Other stages leave that to their input.
    DataSource* source_ = nullptr;
    // Set by step() when it cannot go on; next() then returns it.
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

    // True when step() has reached its end with points in the block: they have been passed on, and
    // the next call says that they were the last.
    bool end_is_due_ = false;
};

}  // namespace sluice::query
