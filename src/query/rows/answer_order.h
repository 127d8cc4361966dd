// Puts the rows that cores collected into the order of an answer: within a tag set by time, and
// rows of one series and time from several stores become one.
//
// InfluxDB keeps the series of a shard in a binary heap; rows of equal time come out in the order
// the heap happens to have. That order is visible in every answer over several series, so the same
// heap is kept here (query/iterator.gen.go: floatSortedMergeHeap; Go's container/heap).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/rows/row_batch.h"
#include "query/scan/row_condition.h"
#include "query/scan/select_plan.h"

namespace sluice::query {

class AnswerOrder {
public:
    // `plan` outlives the merger.
    AnswerOrder(const SelectPlan& plan, std::vector<RowBatch> batches);

    // Rows of equal time have to be merged without knowing which is the newer one: the batches have
    // to be collected without statistics.
    bool lacks_sequences() const;

    void begin_tag_set(std::uint32_t tag_set);

    struct Row {
        model::Timestamp time = 0;
        const Value* fields = nullptr;  // of SelectPlan::fields
        const Value* tags = nullptr;    // by input; only those of kind kTag are set
        std::string_view key;           // of the series
        std::uint32_t stream = 0;       // of the source and shard group, within the tag set
    };
    // False at the end of the tag set. The row is valid until the next begin_tag_set().
    bool next(Row& row);

private:
    struct Entry {  // one SeriesRows of one batch
        std::uint32_t batch;
        std::uint32_t series;
    };
    struct MergedSeries {
        std::string_view key;
        const RowBatch* batch = nullptr;
        std::size_t begin = 0;
        std::size_t end = 0;
        bool has_more = false;
        std::size_t tags = 0;  // in tags_
        std::size_t read = 0;  // rows read already
    };
    struct Stream {                       // of one source and shard group
        std::vector<std::uint32_t> heap;  // of series_
    };

    const SeriesRows& rows_of(Entry entry) const {
        return batches_[entry.batch].series[entry.series];
    }
    void add_series(const std::vector<Entry>& entries);
    void interleave(const std::vector<Entry>& entries, MergedSeries& series);
    void merge_duplicates(const std::vector<Entry>& entries, MergedSeries& series);
    void add_tags(MergedSeries& series);
    std::size_t current(const MergedSeries& series) const;
    bool is_exhausted(const MergedSeries& series) const {
        return series.read == series.end - series.begin;
    }
    bool less(std::uint32_t a, std::uint32_t b) const;
    Value auxiliary(const MergedSeries& series, std::uint32_t input) const;
    void sift_up(std::vector<std::uint32_t>& heap, std::size_t at) const;
    void sift_down(std::vector<std::uint32_t>& heap, std::size_t at, std::size_t size) const;
    void make_heap(std::vector<std::uint32_t>& heap) const;
    void advance(Stream& stream);

    const SelectPlan& plan_;
    const std::vector<RowBatch> batches_;
    std::vector<Entry> entries_;               // by tag set, source, group, key
    std::vector<std::uint32_t> tie_breakers_;  // inputs, in the order they are compared
    RowCondition condition_;

    std::vector<MergedSeries> series_;
    std::vector<Value> tags_;
    std::vector<Stream> streams_;
    RowBatch merged_;  // rows of several stores
    Arena tag_text_{4 * 1024};
};

}  // namespace sluice::query
