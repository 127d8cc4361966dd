// SELECT of fields: rows, in time order within each tag set.
#include <algorithm>

#include "query/fill.h"
#include "query/row_merger.h"
#include "query/select_executor.h"

namespace sluice::query {
namespace {

constexpr std::uint32_t kTagSetsPerPortion = 1u << 16;
constexpr int kRowsPerBreath = 512;

}  // namespace

io::Task<Result<void>> SelectExecutor::run_raw() {
    const std::uint32_t total = tag_set_count();
    std::uint32_t batch = std::min(total, kTagSetsPerPortion);
    for (std::uint32_t done = 0; done < total && !writer_.sink_error();) {
        const std::uint32_t count = std::min(batch, total - done);
        ScanPortion portion;
        portion.first_tag_set = plan_.ascending ? done : total - done - count;
        portion.end_tag_set = portion.first_tag_set + count;
        portion.range = data_range();
        bool overflow = false;
        Result<void> written = co_await write_raw_portion(portion, overflow);
        if (!written.ok()) co_return std::move(written).error();
        if (overflow && count > 1) {
            batch = std::max(1u, count / 8);
            continue;
        }
        if (overflow) {
            Result<void> sliced = co_await write_raw_slices(portion.first_tag_set);
            if (!sliced.ok()) co_return std::move(sliced).error();
        }
        done += count;
    }
    co_return Result<void>();
}

io::Task<Result<void>> SelectExecutor::write_raw_portion(ScanPortion portion, bool& overflow) {
    CollectJob::Options options;
    if (plan_.limit > 0) options.rows_max = static_cast<std::uint64_t>(plan_.limit + plan_.offset);
    options.memory_bytes_max = chunk_bytes_max();
    CollectJob job(plan_, sessions_, duplicates_, portion, options);
    Result<void> collected = co_await source_.run_on_every_core(job);
    if (!collected.ok()) co_return std::move(collected).error();
    for (const RowChunk& chunk : job.chunks) overflow = overflow || chunk.overflow;
    if (overflow) co_return Result<void>();

    RowMerger merger(plan_, std::move(job.chunks));
    const std::uint32_t count = portion.end_tag_set - portion.first_tag_set;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t tag_set =
            plan_.ascending ? portion.first_tag_set + i : portion.end_tag_set - 1 - i;
        begin_tag_set(tag_set);
        const bool goes_on = co_await write_rows(merger, tag_set);
        if (!goes_on) co_return Result<void>();
        if (series_open_) writer_.end_series();
        co_await source_.breathe();
    }
    co_return Result<void>();
}

// A tag set that does not fit into memory, from one time slice to the next. Slices shrink until
// they fit, and grow again where rows are sparse.
io::Task<Result<void>> SelectExecutor::write_raw_slices(std::uint32_t tag_set) {
    const model::TimeRange all = data_range();
    std::int64_t width = std::max<std::int64_t>(1, (all.end - all.begin) / 8);
    model::Timestamp at = plan_.ascending ? all.begin : all.end;
    begin_tag_set(tag_set);
    while (plan_.ascending ? at < all.end : at > all.begin) {
        ScanPortion portion;
        portion.first_tag_set = tag_set;
        portion.end_tag_set = tag_set + 1;
        portion.range = plan_.ascending
                            ? model::TimeRange{at, std::min(all.end - width, at) + width}
                            : model::TimeRange{std::max(all.begin + width, at) - width, at};
        if (plan_.ascending && all.end - at < width) portion.range.end = all.end;
        if (!plan_.ascending && at - all.begin < width) portion.range.begin = all.begin;
        CollectJob::Options options;
        options.memory_bytes_max = chunk_bytes_max();
        CollectJob job(plan_, sessions_, duplicates_, portion, options);
        Result<void> collected = co_await source_.run_on_every_core(job);
        if (!collected.ok()) co_return std::move(collected).error();
        const bool overflow = std::any_of(job.chunks.begin(), job.chunks.end(),
                                          [](const RowChunk& chunk) { return chunk.overflow; });
        if (overflow) {
            if (width == 1) co_return too_much_memory(limits_.memory_bytes_max);
            width = std::max<std::int64_t>(1, width / 4);
            continue;
        }
        RowMerger merger(plan_, std::move(job.chunks));
        const bool goes_on = co_await write_rows(merger, tag_set);
        if (!goes_on) co_return Result<void>();
        if (plan_.limit > 0 && rows_seen_ >= plan_.limit + plan_.offset) break;
        at = plan_.ascending ? portion.range.end : portion.range.begin;
        if (width < (all.end - all.begin) / 2) width += width / 2 + 1;
    }
    if (series_open_) writer_.end_series();
    co_return Result<void>();
}

// False when the sink refused.
io::Task<bool> SelectExecutor::write_rows(RowMerger& merger, std::uint32_t tag_set) {
    const MissingValue missing(plan_);
    merger.begin_tag_set(tag_set);
    RowMerger::Row row;
    int rows = 0;
    while (merger.next(row)) {
        if (plan_.limit > 0 && rows_seen_ >= plan_.limit + plan_.offset) break;
        if (rows_seen_++ < plan_.offset) continue;
        for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
            const Input& input = plan_.inputs[i];
            const Value value =
                input.kind == Input::Kind::kTag ? row.tags[i] : row.fields[input.index];
            if (value.is_null()) {
                missing.apply(inputs_[i], input.type);
            } else {
                inputs_[i] = value;
            }
        }
        write_row(row.time);
        if (writer_.should_flush()) {
            const bool goes_on = co_await writer_.flush();
            if (!goes_on) co_return false;
        }
        if (++rows % kRowsPerBreath == 0) co_await source_.breathe();
    }
    // Values of these rows do not outlive the merger.
    for (Value& value : inputs_) {
        if (!missing.keeps_previous || value.kind() == Value::Kind::kString) value = Value();
    }
    co_return true;
}

}  // namespace sluice::query
