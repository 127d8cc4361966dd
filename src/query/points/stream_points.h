// StreamPoints carries out a transformation, with one reducer per tag set that lives from the first
// point of the tag set to its last (query/iterator.gen.go: StreamIterator).
#pragma once

#include <functional>
#include <unordered_map>

#include "query/functions/reducer.h"
#include "query/points/point_stage.h"

namespace sluice::query {

using MakeReducer = std::function<std::unique_ptr<Reducer>()>;

class StreamPoints final : public PointStage {
public:
    StreamPoints(std::unique_ptr<PointCursor> input, MakeReducer make_reducer,
                 std::uint64_t memory_bytes_max)
        : PointStage(std::move(input), 0), make_reducer_(std::move(make_reducer)) {
        memory_bytes_max_ = memory_bytes_max;
    }

    bool may_resume() const override { return false; }

private:
    Step step(PointBlock& out) override;
    std::uint64_t memory_bytes() const override;
    // Ends the reducers of an outer tag set, in the order of their keys, and gives out the points
    // that they still have.
    void finish(PointBlock& out);
    void append(const TagSet* tags, PointBlock& out);

    struct Stream {
        const TagSet* tags;
        std::unique_ptr<Reducer> reducer;
    };

    const MakeReducer make_reducer_;
    std::vector<Stream> streams_;  // of one outer tag set
    std::unordered_map<const TagSet*, std::size_t> stream_of_;
    std::size_t current_ = 0;
    std::vector<Point> ready_;
};

}  // namespace sluice::query
