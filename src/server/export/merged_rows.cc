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

struct MergedRows::Stream : RowStream {
    using RowStream::RowStream;
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

MergedRows::MergedRows(const std::vector<storage::Store*>& stores, storage::ScanSpec spec,
                       const SharedSeries& shared)
    : gathered_(std::make_unique<Gathered>(spec.fields.size())), shared_(shared) {
    spec.with_sequences = !shared.empty();
    if (!shared.empty()) {
        spec.keeps_apart = [&shared](std::string_view key) { return is_shared(shared, key); };
    }
    for (storage::Store* store : stores) {
        streams_.push_back(std::make_unique<Stream>(store->scan(spec)));
    }
}

MergedRows::~MergedRows() = default;

io::Task<Result<void>> MergedRows::step(Stream& stream) {
    if (++stream.row < stream.run.rows) co_return Result<void>();
    stream.row = 0;
    stream.run.rows = 0;
    SLUICE_CO_TRY(const bool more, co_await stream.scan.next(stream.run));
    stream.is_done = !more;
    co_return Result<void>();
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

io::Task<Result<void>> MergedRows::gather(RowBatch& batch) {
    gathered_->begin(first_stream()->run.series_key);
    while (true) {
        Stream* next = nullptr;
        for (const auto& stream : streams_) {
            if (stream->is_done || stream->run.series_key != gathered_->series_key()) continue;
            if (next == nullptr || stream->is_before(*next)) next = stream.get();
        }
        if (next == nullptr) break;
        // A batch ends between two times.
        const bool is_new = !gathered_->is_last(next->run.times[next->row]);
        if (is_new && gathered_->rows() >= kGatheredRowsMax) break;
        gathered_->add(next->run, next->row);
        SLUICE_CO_TRY_VOID(co_await step(*next));
    }
    gathered_->show(batch);
    co_return Result<void>();
}

io::Task<Result<bool>> MergedRows::next(RowBatch& batch) {
    if (!is_started_) {
        for (const auto& stream : streams_) {
            SLUICE_CO_TRY_VOID(co_await step(*stream));
        }
        is_started_ = true;
    } else if (given_ != nullptr) {
        given_->row = given_->run.rows;
        SLUICE_CO_TRY_VOID(co_await step(*given_));
        given_ = nullptr;
    }
    Stream* const first = first_stream();
    if (first == nullptr) co_return false;
    if (is_shared(shared_, first->run.series_key)) {
        SLUICE_CO_TRY_VOID(co_await gather(batch));
        co_return true;
    }
    const storage::SeriesRun& run = first->run;
    batch.series_key = run.series_key;
    batch.times = run.times.subspan(first->row);
    batch.columns.clear();
    for (const storage::ColumnView& view : run.columns) {
        batch.columns.push_back(slice_of(view, first->row, run.rows));
    }
    given_ = first;
    co_return true;
}

std::uint64_t MergedRows::blocks_missing() const {
    std::uint64_t sum = 0;
    for (const auto& stream : streams_) sum += stream->scan.blocks_missing();
    return sum;
}

}  // namespace sluice::server
