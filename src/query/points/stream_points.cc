#include "query/points/stream_points.h"

#include <algorithm>

namespace sluice::query {

std::uint64_t StreamPoints::memory_bytes() const {
    constexpr std::uint64_t kStreamBytes = 256;
    std::uint64_t bytes = 0;
    for (const Stream& stream : streams_) bytes += stream.reducer->memory_bytes() + kStreamBytes;
    return bytes;
}

// Points of several tag sets are mixed within an outer tag set, so all of its reducers live at once
// and end together, when a point of another one comes or the input ends. A step may then give out
// the last points of all of them, which is why a block can be longer than kPointsPerBlock.
PointStage::Step StreamPoints::step(PointBlock& out) {
    const bool ends = reader_.empty();
    if (!streams_.empty() && (ends || reader_.peek().tags->outer != streams_[0].tags->outer)) {
        finish(out);
        return Step::kGoOn;
    }
    if (ends) return Step::kEnd;
    const TaggedPoint& point = reader_.pop();
    if (point.point.value.is_null()) return Step::kGoOn;
    if (streams_.empty() || streams_[current_].tags != point.tags) {
        const auto [entry, is_new] = stream_of_.try_emplace(point.tags, streams_.size());
        if (is_new) streams_.push_back({point.tags, make_reducer_()});
        current_ = entry->second;
    }
    Reducer& reducer = *streams_[current_].reducer;
    reducer.add({point.point.time, point.point.value, kNoRow});
    reducer.emit(ready_);
    append(point.tags, out);
    return Step::kGoOn;
}

void StreamPoints::finish(PointBlock& out) {
    std::sort(streams_.begin(), streams_.end(),
              [](const Stream& a, const Stream& b) { return a.tags->key < b.tags->key; });
    for (Stream& stream : streams_) {
        stream.reducer->finish(ready_);
        append(stream.tags, out);
    }
    streams_.clear();
    stream_of_.clear();
    current_ = 0;
}

void StreamPoints::append(const TagSet* tags, PointBlock& out) {
    for (const Point& point : ready_)
        out.points.push_back({tags, {point.time, point.value, kNoRow}});
    ready_.clear();
}

}  // namespace sluice::query
