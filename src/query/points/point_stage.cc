#include "query/points/point_stage.h"

#include "query/scan/core_session.h"
#include "query/scan/select_budget.h"

namespace sluice::query {

// A query that was stopped while others ran ends here.
io::Task<Result<void>> PointStage::pause() {
    co_await source_->breathe();
    co_return source_->check_running();
}

io::Task<Result<bool>> PointStage::next(PointBlock& block) {
    block.clear();
    release();
    if (end_is_due_) {
        end_is_due_ = false;
        co_return false;
    }
    if (source_ != nullptr) {
        Result<void> running = co_await pause();
        if (!running.ok()) co_return std::move(running).error();
    }
    // Whoever asks this stage again asks its input again, all the way down to a WindowPoints.
    reader_.resume();
    while (block.points.size() < points_per_block(block.width)) {
        if (reader_.needs_refill()) {
            // Refilling would free the strings that the points of `block` refer to.
            if (!block.points.empty()) break;
            Result<void> read = co_await reader_.refill();
            if (!read.ok()) co_return std::move(read).error();
            if (memory_bytes_max_ != 0 && memory_bytes() > memory_bytes_max_) {
                co_return too_much_memory(memory_bytes_max_);
            }
            continue;
        }
        // The reader has a point now, or it has ended.
        const Step done = step(block);
        if (failure_) co_return *failure_;
        if (done == Step::kPause) {
            Result<void> running = co_await pause();
            if (!running.ok()) co_return std::move(running).error();
            continue;
        }
        if (done == Step::kEnd) end_is_due_ = !block.points.empty();
        if (done != Step::kGoOn) break;
    }
    co_return !block.points.empty();
}

}  // namespace sluice::query
