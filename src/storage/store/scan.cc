// This file has Store::scan() and what lists series. Sources are taken at the call and read as the
// caller goes on.
#include "sluice/storage/scan.h"

#include <algorithm>
#include <set>

#include "sluice/io/reactor.h"
#include "storage/files/device_failure.h"
#include "storage/memtable/memtable.h"
#include "storage/memtable/memtable_order.h"
#include "storage/memtable/memtable_source.h"
#include "storage/rows/row_merger.h"
#include "storage/segment/segment_source.h"
#include "storage/store/store_parts.h"

namespace sluice::storage {

// A memtable as it stood when a scan began.
struct MemtableView {
    std::shared_ptr<const Head> head;
    std::shared_ptr<Memtable> table;  // its rows are only read
    std::uint32_t rows;
};

class ScanState {
public:
    ScanState(StoreParts& parts, ScanSpec spec);

    io::Task<Result<bool>> next(SeriesRun& run);
    void expand() { merger_->expand(); }
    std::size_t memory_bytes() const { return merger_ ? merger_->memory_bytes() : 0; }
    std::uint64_t blocks_missing() const { return blocks_missing_; }

private:
    bool goes_on_without(const SegmentPtr& segment, const Error& error, std::uint64_t blocks,
                         bool unreadable);
    io::Task<Result<void>> open();
    io::Task<Result<void>> open_segment(SegmentPtr segment);
    io::Task<Result<void>> open_memtable(MemtableView view);
    // Sequences decide between sources; a single one needs them only for the caller.
    bool wants_sequences() const { return spec_.with_sequences || source_count_ > 1; }
    void show_rows(SeriesRun& run);
    void show_statistics(SeriesRun& run) const;
    bool run_is_empty() const;

    StoreParts& parts_;
    ScanSpec spec_;
    Tombstones deletes_;
    std::vector<MemtableView> memtables_;
    std::vector<SegmentPtr> segments_;
    std::size_t source_count_ = 0;
    std::vector<std::unique_ptr<RowSource>> sources_;
    std::unique_ptr<RowMerger> merger_;
    std::uint64_t blocks_missing_ = 0;
    PodVector<std::uint64_t> sequences_;  // where all rows have the same
};

// Everything that the scan will see is taken here, in one turn and without a wait: deletes, how
// many rows each memtable has, and segments by shared_ptr. A flush between two steps of the scan
// would otherwise show rows twice, in the head and in the segment that took its place, or not at
// all.
ScanState::ScanState(StoreParts& parts, ScanSpec spec)
    : parts_(parts), spec_(std::move(spec)), deletes_(parts.deletes().tombstones()) {
    if (parts_.groups().is_dropped(spec_.group)) return;
    blocks_missing_ = parts_.segments().count_lost(spec_.group, spec_.range);
    const auto add = [this](const std::shared_ptr<Head>& head) {
        auto table = head->find(spec_.group, spec_.measurement);
        if (table == nullptr || table->rows() == 0) return;
        if (!table->time_range().overlaps(spec_.range)) return;
        const std::uint32_t rows = table->rows();
        memtables_.push_back({head, std::move(table), rows});
    };
    if (!spec_.only_at_home) {
        parts_.heads().for_each([&add](const Generation& each) { add(each.head); });
    }
    for (SegmentPtr& each : parts_.segments().of_group(spec_.group, spec_.view)) {
        if (spec_.only_at_home && !parts_.homes().is_at_home(each->record())) continue;
        if (each->time_range().overlaps(spec_.range)) segments_.push_back(std::move(each));
    }
}

// The order of the sources does not matter, as sequences decide between them. With a single
// source there is nothing to decide, and its sequences are not even read.
io::Task<Result<void>> ScanState::open() {
    SLUICE_CHECK(merger_ == nullptr);
    source_count_ = segments_.size() + memtables_.size();
    for (SegmentPtr& each : segments_) {
        SLUICE_CO_TRY_VOID(co_await open_segment(std::move(each)));
    }
    for (MemtableView& each : memtables_) {
        SLUICE_CO_TRY_VOID(co_await open_memtable(std::move(each)));
    }
    segments_.clear();
    memtables_.clear();
    merger_ = std::make_unique<RowMerger>(parts_.reactor(), std::move(sources_),
                                          spec_.fields.size(), std::move(spec_.keeps_apart));
    co_return Result<void>();
}

// Damage costs what it hit: the rest is read.
bool ScanState::goes_on_without(const SegmentPtr& segment, const Error& error, std::uint64_t blocks,
                                bool unreadable) {
    if (!is_damage(error)) return false;
    parts_.quarantine().report(segment, error, unreadable);
    blocks_missing_ += blocks;
    return true;
}

io::Task<Result<void>> ScanState::open_segment(SegmentPtr segment) {
    auto reader = co_await segment->reader();
    if (!reader.ok()) {
        if (!goes_on_without(segment, reader.error(), 1, true)) co_return std::move(reader).error();
        co_return Result<void>();
    }
    SegmentSource::Options options;
    options.measurement = spec_.measurement;
    options.columns = spec_.fields;
    options.range = spec_.range;
    if (spec_.series) options.keys = &*spec_.series;
    options.with_sequences = segment->record().has_sequences && wants_sequences();
    options.statistics_allowed = spec_.statistics_allowed;
    options.source_number = static_cast<std::uint32_t>(sources_.size());
    options.rows_wanted = spec_.rows_wanted;
    options.latest_wanted = spec_.latest_wanted;
    options.value_kinds = spec_.value_kinds;
    options.deletes = DeleteFilter(deletes_, segment->delete_scope(spec_.measurement));
    options.on_damage = [this, segment](const Error& error) {
        return goes_on_without(segment, error, 1, false);
    };
    auto source = co_await SegmentSource::open(
        segment, *reader, segment->record().meta.sequence_max, std::move(options));
    if (!source.ok()) {
        const std::uint64_t blocks = (*reader)->find_measurement(spec_.measurement)->block_count;
        if (!goes_on_without(segment, source.error(), blocks, false)) {
            co_return std::move(source).error();
        }
        co_return Result<void>();
    }
    if (*source != nullptr) sources_.push_back(std::move(*source));
    co_return Result<void>();
}

io::Task<Result<void>> ScanState::open_memtable(MemtableView view) {
    std::vector<std::uint32_t> columns;
    for (const std::string& name : spec_.fields) columns.push_back(view.table->find_column(name));
    DeleteFilter deletes(deletes_, delete_scope(*view.head, *view.table));
    OrderedRows rows;
    if (spec_.series) {
        rows = co_await order_rows_of(parts_.reactor(), view.head, view.table, view.rows,
                                      *spec_.series, spec_.range, std::move(deletes));
    } else {
        const auto order = co_await SeriesOrder::of_measurement(parts_.reactor(), view.head,
                                                                view.table->measurement());
        rows = co_await order_rows(parts_.reactor(), view.head, view.table, view.rows, *order,
                                   spec_.range, std::move(deletes));
    }
    if (rows.places.empty()) co_return Result<void>();
    sources_.push_back(std::make_unique<MemtableSource>(
        std::move(view.head), std::move(view.table), std::move(rows), columns, wants_sequences()));
    co_return Result<void>();
}

// A run in which no row has any of the fields is left out, as InfluxDB knows no rows without a
// field. Without fields in the question, every row counts.
bool ScanState::run_is_empty() const {
    if (merger_->is_statistics()) {
        const auto& columns = merger_->statistics().columns;
        return std::all_of(columns.begin(), columns.end(),
                           [](const auto& each) { return each.count == 0; });
    }
    const auto& columns = merger_->rows().columns;
    return !columns.empty() && std::all_of(columns.begin(), columns.end(),
                                           [](const auto& each) { return each.absent(); });
}

io::Task<Result<bool>> ScanState::next(SeriesRun& run) {
    if (!merger_) {
        SLUICE_CO_TRY_VOID(co_await open());
    }
    for (;;) {
        SLUICE_CO_TRY(const bool more, co_await merger_->next());
        if (!more) co_return false;
        if (run_is_empty()) continue;
        run.series_key = merger_->key();
        if (merger_->is_statistics()) {
            show_statistics(run);
        } else {
            show_rows(run);
        }
        co_return true;
    }
}

// Shows the rows of the merger as a run, without copying them. Sequences are spread out where all
// rows have the same one.
void ScanState::show_rows(SeriesRun& run) {
    const RowSlice& rows = merger_->rows();
    run.rows = rows.rows();
    run.time_first = rows.times.front();
    run.time_last = rows.times.back();
    run.times = rows.times;
    run.statistics.clear();
    run.sequences = {};
    if (spec_.with_sequences) {
        run.sequences = rows.sequences;
        if (rows.sequences.empty()) {
            sequences_.clear();
            sequences_.append_copies(rows.rows(), rows.sequence);
            run.sequences = view_of(sequences_);
        }
    }
    run.columns.resize(rows.columns.size());
    for (std::size_t c = 0; c < rows.columns.size(); ++c) {
        const codec::ColumnSlice& from = rows.columns[c];
        ColumnView& to = run.columns[c];
        to.type = from.type;
        to.all_null = from.absent();
        to.words = from.words;
        to.texts = from.texts;
        to.flags = from.flags;
        to.validity = to.all_null || from.validity.empty() ? nullptr : from.validity.data();
        to.validity_offset = from.validity_begin;
    }
}

void ScanState::show_statistics(SeriesRun& run) const {
    const RunStatistics& from = merger_->statistics();
    run.rows = from.rows;
    run.time_first = from.time_first;
    run.time_last = from.time_last;
    run.block = from.block;
    run.sums_go_on = from.sums_go_on;
    run.times = {};
    run.sequences = {};
    run.columns.clear();
    run.statistics.resize(from.columns.size());
    for (std::size_t c = 0; c < from.columns.size(); ++c) {
        const codec::ColumnStatistics& column = from.columns[c];
        run.statistics[c] = {from.types[c], column.count, column.min, column.max,
                             column.sum,    column.first, column.last};
    }
}

Scan::Scan(std::unique_ptr<ScanState> state) : state_(std::move(state)) {}
Scan::Scan(Scan&&) noexcept = default;
Scan& Scan::operator=(Scan&&) noexcept = default;
Scan::~Scan() = default;
io::Task<Result<bool>> Scan::next(SeriesRun& run) {
    return state_->next(run);
}
void Scan::expand() {
    state_->expand();
}
std::uint64_t Scan::blocks_missing() const {
    return state_->blocks_missing();
}
std::size_t Scan::memory_bytes() const {
    return state_->memory_bytes();
}

Scan Store::scan(ScanSpec spec) {
    return Scan(std::make_unique<ScanState>(*parts_, std::move(spec)));
}

}  // namespace sluice::storage
