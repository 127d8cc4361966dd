#include "server/export/merged_rows.h"

#include <algorithm>
#include <utility>

#include "server/export/row_stream.h"
#include "sluice/base/hash.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

// Enough that what is done once for a batch does not count.
constexpr std::size_t kGatheredRowsMax = 4096;

std::span<const std::uint64_t> validity_of(const storage::ColumnView& view, std::size_t rows) {
    if (view.validity == nullptr) return {};
    return {view.validity, (view.validity_offset + rows + 63) / 64};
}

// What a scan says of a column, from `row` on.
codec::ColumnSlice slice_of(const storage::ColumnView& view, std::size_t row, std::size_t rows) {
    codec::ColumnSlice slice;
    slice.type = view.type;
    if (view.all_null) return slice;
    const auto rest = [row](const auto& values) {
        return values.empty() ? values : values.subspan(row);
    };
    slice.words = rest(view.words);
    slice.texts = rest(view.texts);
    slice.flags = rest(view.flags);
    slice.validity = validity_of(view, rows);
    slice.validity_begin = static_cast<std::uint32_t>(view.validity_offset + row);
    return slice;
}

}  // namespace

bool is_shared(const SharedSeries& shared, std::string_view series_key) {
    return std::binary_search(shared.begin(), shared.end(), hash_bytes(series_key));
}

// One store's rows, as they come from its core in loads. `run` and `row` are where it stands; `run`
// is a view into the load, and so ends when the next one comes.
struct MergedRows::Stream : RowStream {
    Stream(StorePlace place, storage::ScanSpec spec) : scan(place, std::move(spec)) {}

    bool needs_load() const { return !is_done && row == run.rows; }
    // One row is taken.
    void step() {
        if (++row < run.rows || ++shown >= load->runs()) return;
        show();
    }
    // All rows of the run are taken.
    void skip_run() {
        row = run.rows;
        if (++shown < load->runs()) show();
    }
    void show() {
        load->show(shown, run);
        row = 0;
    }

    DistantScan scan;
    std::unique_ptr<CarriedRows> load;
    std::size_t shown = 0;  // which run of the load `run` is
    bool is_done = false;
};

// Rows that are put together from several stores, as arrays. Texts are copied: what a run refers to
// ends when its scan goes on.
class MergedRows::Gathered {
public:
    explicit Gathered(std::size_t columns) : columns_(columns) {}

    void begin(std::string_view series_key) {
        series_key_ = series_key;
        times_.clear();
        for (Column& column : columns_) column.clear();
    }
    std::size_t rows() const { return times_.size(); }
    bool is_last(model::Timestamp time) const { return !times_.empty() && times_.back() == time; }
    std::string_view series_key() const { return series_key_; }

    // What one batch wrote. Later ones are added later, so the newest value of a field stays.
    void add(const storage::SeriesRun& run, std::size_t row) {
        if (!is_last(run.times[row])) {
            times_.push_back(run.times[row]);
            for (Column& column : columns_) column.add_row(times_.size());
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (run.columns[i].is_valid(row)) columns_[i].set(run.columns[i], row);
        }
    }
    void show(RowBatch& batch) {
        batch.series_key = series_key_;
        batch.times = times_;
        batch.columns.clear();
        for (Column& column : columns_) batch.columns.push_back(column.slice());
    }

private:
    struct Column {
        void clear() {
            any = false;
            words.clear();
            texts.clear();
            flags.clear();
            validity.clear();
        }
        // All three arrays grow, though a field uses one: which one is known only when its first
        // value comes.
        void add_row(std::size_t rows) {
            words.push_back(0);
            flags.push_back(0);
            texts.emplace_back();
            validity.resize((rows + 63) / 64);
        }
        void set(const storage::ColumnView& view, std::size_t row) {
            any = true;
            type = view.type;
            if (model::is_word_type(type)) {
                words.back() = view.words[row];
            } else if (type == model::FieldType::kBoolean) {
                flags.back() = view.flags[row];
            } else {
                texts.back() = view.texts[row];
            }
            const std::size_t bit = words.size() - 1;
            validity[bit / 64] |= std::uint64_t{1} << (bit % 64);
        }
        codec::ColumnSlice slice() {
            codec::ColumnSlice result;
            result.type = type;
            if (!any) return result;
            result.validity = validity;
            if (model::is_word_type(type)) {
                result.words = words;
            } else if (type == model::FieldType::kBoolean) {
                result.flags = flags;
            } else {
                views.assign(texts.begin(), texts.end());
                result.texts = views;
            }
            return result;
        }

        bool any = false;
        model::FieldType type = model::FieldType::kFloat;
        std::vector<std::uint64_t> words;
        std::vector<std::string> texts;
        std::vector<std::string_view> views;
        std::vector<std::uint8_t> flags;
        std::vector<std::uint64_t> validity;
    };

    std::string series_key_;
    std::vector<model::Timestamp> times_;
    std::vector<Column> columns_;
};

// Sequences tell which of two writes of one point is the newer one. They cost memory and time, so
// they are asked for only where several stores share a series, and those series are kept apart by
// the scan: a run then holds every write of a row and not only the last.
MergedRows::MergedRows(const std::vector<StorePlace>& stores, storage::ScanSpec spec,
                       const SharedSeries& shared)
    : gathered_(std::make_unique<Gathered>(spec.fields.size())), shared_(shared) {
    spec.with_sequences = !shared.empty();
    if (!shared.empty()) {
        spec.keeps_apart = [&shared](std::string_view key) { return is_shared(shared, key); };
    }
    for (const StorePlace& place : stores) {
        streams_.push_back(std::make_unique<Stream>(place, spec));
    }
}

MergedRows::~MergedRows() = default;

// One store after the other, each on its own core, while this one waits.
io::Task<Result<void>> MergedRows::fill() {
    for (const auto& stream : streams_) {
        if (!stream->needs_load()) continue;
        SLUICE_CO_TRY(stream->load, co_await stream->scan.next());
        stream->shown = 0;
        stream->is_done = stream->load->runs() == 0;
        if (!stream->is_done) stream->show();
    }
    co_return Result<void>();
}

io::Task<void> MergedRows::close() {
    for (const auto& stream : streams_) co_await stream->scan.close();
}

bool MergedRows::is_done() const {
    const bool any = std::any_of(streams_.begin(), streams_.end(),
                                 [](const auto& stream) { return !stream->is_done; });
    return !any && !is_gathering_;
}

// The first row of all is known only when every store shows one, or has none left.
bool MergedRows::has_rows() const {
    return std::none_of(streams_.begin(), streams_.end(),
                        [](const auto& stream) { return stream->needs_load(); });
}

MergedRows::Stream* MergedRows::first_stream() const {
    Stream* first = nullptr;
    for (const auto& stream : streams_) {
        if (stream->is_done) continue;
        if (first == nullptr || stream->run.series_key < first->run.series_key) {
            first = stream.get();
        }
    }
    return first;
}

// False: a store may have more rows of the series, which are not here.
bool MergedRows::gather() {
    while (has_rows()) {
        Stream* next = nullptr;
        for (const auto& stream : streams_) {
            if (stream->is_done || stream->run.series_key != gathered_->series_key()) continue;
            if (next == nullptr || stream->is_before(*next)) next = stream.get();
        }
        if (next == nullptr) {
            is_gathering_ = false;
            return true;
        }
        // A batch ends between two times.
        const bool is_new = !gathered_->is_last(next->run.times[next->row]);
        if (is_new && gathered_->rows() >= kGatheredRowsMax) {
            is_gathering_ = false;
            return true;
        }
        gathered_->add(next->run, next->row);
        next->step();
    }
    return false;
}

// A series of one store is handed on run by run without a copy, which is nearly all there is. A
// shared one is put together until it ends, the batch is full, or a store has to bring more; then
// gathering goes on after the next fill().
bool MergedRows::next(RowBatch& batch) {
    if (!has_rows()) return false;
    if (!is_gathering_) {
        Stream* const first = first_stream();
        if (first == nullptr) return false;
        const storage::SeriesRun& run = first->run;
        if (!is_shared(shared_, run.series_key)) {
            batch.series_key = run.series_key;
            batch.times = run.times.subspan(first->row);
            batch.columns.clear();
            for (const storage::ColumnView& view : run.columns) {
                batch.columns.push_back(slice_of(view, first->row, run.rows));
            }
            first->skip_run();
            return true;
        }
        gathered_->begin(run.series_key);
        is_gathering_ = true;
    }
    if (!gather()) return false;
    gathered_->show(batch);
    return true;
}

std::uint64_t MergedRows::blocks_missing() const {
    std::uint64_t sum = 0;
    for (const auto& stream : streams_) sum += stream->scan.blocks_missing();
    return sum;
}

}  // namespace sluice::server
