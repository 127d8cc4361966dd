#include "query/rows/answer_order.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "query/scan/series_filter.h"
#include "query/scan/series_tags.h"
#include "sluice/base/check.h"

namespace sluice::query {
namespace {

// Inputs in the order in which InfluxDB compares auxiliary fields: by name, then type.
std::vector<std::uint32_t> make_tie_breakers(const SelectPlan& plan) {
    std::vector<std::uint32_t> order(plan.inputs.size());
    std::iota(order.begin(), order.end(), 0u);
    const auto name = [&](std::uint32_t i) -> const std::string& {
        const Input& input = plan.inputs[i];
        return input.kind == Input::Kind::kField ? plan.fields[input.index].name : input.tag;
    };
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        return std::tie(name(a), plan.inputs[a].type) < std::tie(name(b), plan.inputs[b].type);
    });
    return order;
}

bool is_same_series(const SeriesRows& a, const SeriesRows& b) {
    return a.tag_set == b.tag_set && a.source == b.source && a.group == b.group && a.key == b.key;
}

}  // namespace

AnswerOrder::AnswerOrder(const SelectPlan& plan, std::vector<RowBatch> batches)
    : plan_(plan),
      batches_(std::move(batches)),
      tie_breakers_(make_tie_breakers(plan)),
      condition_(plan) {
    for (std::uint32_t batch = 0; batch < batches_.size(); ++batch) {
        const RowBatch& rows = batches_[batch];
        SLUICE_CHECK(!rows.overflow);
        SLUICE_CHECK(rows.values.size() == rows.times.size() * rows.width);
        SLUICE_CHECK(rows.sequences.empty() || rows.sequences.size() == rows.times.size());
        for (std::uint32_t i = 0; i < rows.series.size(); ++i) {
            entries_.push_back({batch, i});
        }
    }
    std::sort(entries_.begin(), entries_.end(), [this](Entry a, Entry b) {
        const SeriesRows& x = rows_of(a);
        const SeriesRows& y = rows_of(b);
        return std::tie(x.tag_set, x.source, x.group, x.key) <
               std::tie(y.tag_set, y.source, y.group, y.key);
    });
}

// A row from statistics is the first or last of its block, and statistics have no sequences. It
// does no harm as long as no other store has a row of that time.
bool AnswerOrder::lacks_sequences() const {
    std::vector<std::pair<model::Timestamp, std::uint64_t>> places;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const SeriesRows& first = rows_of(entries_[i]);
        if (!first.is_shared) continue;
        places.clear();
        std::size_t end = i;
        for (; end < entries_.size() && is_same_series(rows_of(entries_[end]), first); ++end) {
            const RowBatch& batch = batches_[entries_[end].batch];
            const SeriesRows& rows = rows_of(entries_[end]);
            for (std::size_t row = rows.begin; row < rows.end; ++row) {
                places.emplace_back(batch.times[row], batch.sequences[row]);
            }
        }
        i = end - 1;
        std::sort(places.begin(), places.end());
        // kUnknownSequence is the greatest, so it stands behind the other rows of its time.
        const auto unknown =
            std::adjacent_find(places.begin(), places.end(), [](const auto& a, const auto& b) {
                return a.first == b.first && b.second == kUnknownSequence;
            });
        if (unknown != places.end()) return true;
    }
    return false;
}

// Entries are sorted by tag set, source, group and key. Those of one series become one
// MergedSeries, and those of one source and group one stream.
void AnswerOrder::begin_tag_set(std::uint32_t tag_set) {
    series_.clear();
    streams_.clear();
    tags_.clear();
    tag_text_.clear();
    merged_ = RowBatch();
    merged_.width = plan_.fields.size();
    auto at = std::lower_bound(
        entries_.begin(), entries_.end(), tag_set,
        [this](Entry entry, std::uint32_t wanted) { return rows_of(entry).tag_set < wanted; });
    std::vector<Entry> same;
    const SeriesRows* previous = nullptr;
    for (; at != entries_.end() && rows_of(*at).tag_set == tag_set; ++at) {
        const SeriesRows& rows = rows_of(*at);
        const bool same_group =
            previous != nullptr && previous->source == rows.source && previous->group == rows.group;
        if (!same.empty() && !(same_group && previous->key == rows.key)) {
            add_series(same);
            same.clear();
        }
        if (!same_group) streams_.emplace_back();
        same.push_back(*at);
        previous = &rows;
    }
    if (!same.empty()) add_series(same);
    for (Stream& stream : streams_) {
        if (!plan_.ascending) std::reverse(stream.heap.begin(), stream.heap.end());
        make_heap(stream.heap);
    }
}

void AnswerOrder::add_series(const std::vector<Entry>& entries) {
    const SeriesRows& first = rows_of(entries.front());
    MergedSeries series;
    series.key = first.key;
    if (first.is_shared) {
        merge_duplicates(entries, series);
    } else if (entries.size() == 1) {
        series.batch = &batches_[entries.front().batch];
        series.begin = first.begin;
        series.end = first.end;
        series.has_more = first.has_more;
    } else {
        interleave(entries, series);
    }
    SLUICE_CHECK(series.begin <= series.end && series.end <= series.batch->times.size());
    // A series of which nothing is left here, but more behind a limit, has a place in the heap all
    // the same: InfluxDB's would have one, too.
    if (series.begin == series.end && !series.has_more) return;
    add_tags(series);
    series_.push_back(series);
    streams_.back().heap.push_back(static_cast<std::uint32_t>(series_.size() - 1));
}

// Joins rows of several stores that have no time in common, in stretches that come from one of
// them.
void AnswerOrder::interleave(const std::vector<Entry>& entries, MergedSeries& series) {
    struct Cursor {
        const RowBatch* batch;
        std::size_t at;
        std::size_t end;
        model::Timestamp time() const { return batch->times[at]; }
    };
    std::vector<Cursor> cursors;
    for (const Entry entry : entries) {
        const SeriesRows& rows = rows_of(entry);
        series.has_more = series.has_more || rows.has_more;
        if (rows.begin != rows.end) {
            cursors.push_back({&batches_[entry.batch], rows.begin, rows.end});
        }
    }
    const auto is_earlier = [](const Cursor& a, const Cursor& b) { return a.time() < b.time(); };
    // The stores were found to have no time in common, so one cursor alone is the nearest.
    series.begin = merged_.times.size();
    while (!cursors.empty()) {
        const auto nearest = std::min_element(cursors.begin(), cursors.end(), is_earlier);
        const std::size_t begin = nearest->at++;
        const auto goes_on = [&] {
            return nearest->at != nearest->end &&
                   std::min_element(cursors.begin(), cursors.end(), is_earlier) == nearest;
        };
        while (goes_on()) ++nearest->at;
        merged_.append(*nearest->batch, begin, nearest->at);
        if (nearest->at == nearest->end) cursors.erase(nearest);
    }
    series.end = merged_.times.size();
    series.batch = &merged_;
}

// Merges rows of equal time. They are read in the order of their sequences, so each later value of
// a field replaces the one before.
void AnswerOrder::merge_duplicates(const std::vector<Entry>& entries, MergedSeries& series) {
    struct Place {
        model::Timestamp time;
        std::uint64_t sequence;
        const Value* row;
    };
    std::vector<Place> places;
    for (const Entry entry : entries) {
        const RowBatch& batch = batches_[entry.batch];
        const SeriesRows& rows = rows_of(entry);
        series.has_more = series.has_more || rows.has_more;
        for (std::size_t i = rows.begin; i < rows.end; ++i) {
            const std::uint64_t sequence = batch.sequences.empty() ? 0 : batch.sequences[i];
            places.push_back({batch.times[i], sequence, batch.row(i)});
        }
    }
    std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
        return std::tie(a.time, a.sequence) < std::tie(b.time, b.sequence);
    });
    // The collectors left the condition on fields to this place (RowCollector::begin_series).
    const Verdict verdict = condition_.begin_series(series.key);
    const std::size_t width = plan_.fields.size();
    series.begin = merged_.times.size();
    std::vector<Value> row(width);
    for (std::size_t i = 0; i < places.size();) {
        std::fill(row.begin(), row.end(), Value());
        const model::Timestamp time = places[i].time;
        for (; i < places.size() && places[i].time == time; ++i) {
            for (std::size_t k = 0; k < width; ++k) {
                if (!places[i].row[k].is_null()) row[k] = places[i].row[k];
            }
        }
        bool exists = false;
        for (std::size_t k = 0; k < width; ++k) {
            exists = exists || (plan_.fields[k].makes_rows && !row[k].is_null());
        }
        if (!exists || verdict == Verdict::kNever) continue;
        if (verdict == Verdict::kDependsOnFields && !condition_.accepts(row.data())) continue;
        merged_.times.push_back(time);
        merged_.values.insert(merged_.values.end(), row.begin(), row.end());
    }
    series.end = merged_.times.size();
    series.batch = &merged_;
}

void AnswerOrder::add_tags(MergedSeries& series) {
    series.tags = tags_.size();
    std::string scratch;
    for (const Input& input : plan_.inputs) {
        std::string_view value;
        if (input.kind == Input::Kind::kTag) value = tag_in_key(series.key, input.tag, scratch);
        tags_.push_back(value.empty() ? Value() : Value::of_string(tag_text_.copy(value)));
    }
}

std::size_t AnswerOrder::current(const MergedSeries& series) const {
    return plan_.ascending ? series.begin + series.read : series.end - 1 - series.read;
}

Value AnswerOrder::auxiliary(const MergedSeries& series, std::uint32_t index) const {
    const Input& input = plan_.inputs[index];
    if (input.kind == Input::Kind::kTag) return tags_[series.tags + index];
    return series.batch->row(current(series))[input.index];
}

bool AnswerOrder::less(std::uint32_t a, std::uint32_t b) const {
    const MergedSeries& x = series_[a];
    const MergedSeries& y = series_[b];
    // A series whose collected rows have been read has more rows behind a limit: these come after
    // everything that is here.
    if (is_exhausted(x) || is_exhausted(y)) return !is_exhausted(x);
    const model::Timestamp x_time = x.batch->times[current(x)];
    const model::Timestamp y_time = y.batch->times[current(y)];
    if (x_time != y_time) return plan_.ascending ? x_time < y_time : x_time > y_time;
    for (const std::uint32_t input : tie_breakers_) {
        const Value left = auxiliary(x, input);
        const Value right = auxiliary(y, input);
        if (left.kind() != Value::Kind::kString || right.kind() != Value::Kind::kString) {
            return false;
        }
        if (left.as_string() == right.as_string()) continue;
        return plan_.ascending ? left.as_string() < right.as_string()
                               : left.as_string() > right.as_string();
    }
    return false;
}

// The heap of Go's container/heap, step by step: up, down, Init, Pop and Push.
void AnswerOrder::sift_up(std::vector<std::uint32_t>& heap, std::size_t at) const {
    while (at > 0) {
        const std::size_t parent = (at - 1) / 2;
        if (!less(heap[at], heap[parent])) break;
        std::swap(heap[at], heap[parent]);
        at = parent;
    }
}

void AnswerOrder::sift_down(std::vector<std::uint32_t>& heap, std::size_t at,
                            std::size_t size) const {
    for (;;) {
        std::size_t child = 2 * at + 1;
        if (child >= size) break;
        if (child + 1 < size && less(heap[child + 1], heap[child])) ++child;
        if (!less(heap[child], heap[at])) break;
        std::swap(heap[at], heap[child]);
        at = child;
    }
}

void AnswerOrder::make_heap(std::vector<std::uint32_t>& heap) const {
    for (std::size_t i = heap.size() / 2; i-- > 0;) sift_down(heap, i, heap.size());
}

// Takes the top series off the heap and puts it back with its next row. Pop and push are two steps,
// because the order of equal elements depends on it.
void AnswerOrder::advance(Stream& stream) {
    std::vector<std::uint32_t>& heap = stream.heap;
    const std::uint32_t top = heap.front();
    std::swap(heap.front(), heap.back());
    sift_down(heap, 0, heap.size() - 1);
    heap.pop_back();
    MergedSeries& series = series_[top];
    ++series.read;
    if (is_exhausted(series) && !series.has_more) return;
    heap.push_back(top);
    sift_up(heap, heap.size() - 1);
}

bool AnswerOrder::next(Row& row) {
    Stream* nearest = nullptr;
    for (Stream& stream : streams_) {
        if (stream.heap.empty() || is_exhausted(series_[stream.heap.front()])) continue;
        if (nearest == nullptr || less(stream.heap.front(), nearest->heap.front())) {
            nearest = &stream;
        }
    }
    if (nearest == nullptr) return false;
    const MergedSeries& series = series_[nearest->heap.front()];
    const std::size_t index = current(series);
    row.time = series.batch->times[index];
    row.fields = series.batch->row(index);
    row.tags = tags_.data() + series.tags;
    row.key = series.key;
    row.stream = static_cast<std::uint32_t>(nearest - streams_.data());
    advance(*nearest);
    return true;
}

}  // namespace sluice::query
