// AnswerOrder puts the rows that cores have collected into the order of an answer: within a tag set
// by time. Rows of one series and time from several stores become one row on the way.
//
// InfluxDB keeps the series of a shard in a binary heap; rows of equal time come out in the order
// the heap happens to have. That order is visible in every answer over several series, so the same
// heap is kept here (query/iterator.gen.go: floatSortedMergeHeap; Go's container/heap).
//
// The tie-breaking order, outermost first. A tag set is read from one stream per source and shard
// group, and the stream whose top row is nearest comes first; of equal ones, the stream that was
// made first. Within a stream, the heap of its series decides. less() compares times, then the
// auxiliary inputs by name, as far as both are strings; where one is not, the rows count as equal
// and the shape of the heap decides. So the heap is built and changed exactly as InfluxDB does it:
// from the series in the order of their keys (reversed, if time descends), by pop and push as two
// steps.
//
// A series of which rows were left out behind a limit (has_more) stays in its heap when its
// collected rows have been read, since InfluxDB would still have it there. It compares as coming
// after everything else, and the stream ends when it reaches the top.
//
// Rows of a shared series are merged before they enter a heap: field by field the highest sequence
// wins, and the condition is asked about the merged row.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/rows/row_batch.h"
#include "query/scan/row_condition.h"
#include "query/scan/select_plan.h"

namespace sluice::query {

// It lives on the core of the query and owns the batches of one portion. Rows are given out as
// views of them; only rows that had to be merged or interleaved are copied, into `merged_`, whose
// strings stay in the batches. Tag sets are read one by one, and what was made for one is gone with
// the next.
class AnswerOrder {
public:
    // `plan` outlives this object.
    AnswerOrder(const SelectPlan& plan, std::vector<RowBatch> batches);

    // Returns whether rows of equal time would have to be merged without knowing which of them is
    // newer, because one came from statistics. The batches must then be collected again without
    // statistics.
    bool lacks_sequences() const;

    // Begins to read a tag set. Strings and rows of the one before are gone.
    void begin_tag_set(std::uint32_t tag_set);

    struct Row {
        model::Timestamp time = 0;
        const Value* fields = nullptr;  // of SelectPlan::fields
        const Value* tags = nullptr;    // by input; only those of kind kTag are set
        std::string_view key;           // of the series
        std::uint32_t stream = 0;       // of the source and shard group, within the tag set
    };
    // Moves to the next row of the tag set, or returns false at its end. The row is valid until the
    // next begin_tag_set().
    bool next(Row& row);

private:
    struct Entry {  // one SeriesRows of one batch
        std::uint32_t batch;
        std::uint32_t series;
    };
    // All rows of one series of a source and group, whichever stores they came from: rows
    // [begin, end) of a batch, which is merged_ if they came from several.
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
    // Each of these takes the entries of one series. Which of them it is depends on whether rows of
    // equal time must become one (shared), lie in one batch already, or only alternate.
    void add_series(const std::vector<Entry>& entries);
    void interleave(const std::vector<Entry>& entries, MergedSeries& series);
    void merge_duplicates(const std::vector<Entry>& entries, MergedSeries& series);
    void add_tags(MergedSeries& series);
    // Returns the row that is due, counted in the batch. Rows are stored ascending; a descending
    // answer reads them from the end.
    std::size_t current(const MergedSeries& series) const;
    bool is_exhausted(const MergedSeries& series) const {
        return series.read == series.end - series.begin;
    }
    // Returns whether the row that is due of series a comes before that of series b. It is no
    // strict order: rows that count as equal need not be equal to the same third row. That is
    // InfluxDB's, and it is why no sort and no other heap may stand in for this one.
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

    // Of the tag set that is read; next() changes nothing here but the heaps and
    // MergedSeries::read.
    std::vector<MergedSeries> series_;
    std::vector<Value> tags_;  // by series and input
    std::vector<Stream> streams_;
    RowBatch merged_;  // rows of several stores
    Arena tag_text_{4 * 1024};
};

}  // namespace sluice::query
