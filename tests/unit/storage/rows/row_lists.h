// Rows of series as tests of this folder write them down, and a RowSource over such lists.
#pragma once

#include <bit>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/rows/bits.h"
#include "storage/rows/row_merger.h"
#include "storage/rows/rows.h"

namespace sluice::storage::test {

// One row of integer columns; a field without a value is null.
struct ListRow {
    model::Timestamp time = 0;
    std::uint64_t sequence = 0;
    std::vector<std::optional<std::uint64_t>> fields;
    bool operator==(const ListRow&) const = default;
};

// A run of one series: what one load() of a source brings.
struct ListRun {
    std::string key;
    std::vector<ListRow> rows;
    bool as_statistics = false;  // it is offered as statistics first
    std::uint64_t number = 0;    // RunStatistics::block
};

// Columns of rows, with the slice that refers to them.
class ListColumns {
public:
    explicit ListColumns(const std::vector<ListRow>& rows) {
        if (!rows.empty()) columns_.resize(rows.front().fields.size());
        for (std::size_t r = 0; r < rows.size(); ++r) {
            times_.push_back(rows[r].time);
            sequences_.push_back(rows[r].sequence);
            slice_.times_repeat |= r != 0 && rows[r].time == rows[r - 1].time;
            for (std::size_t c = 0; c < columns_.size(); ++c) {
                columns_[c].validity.resize(bit_words(rows.size()));
                columns_[c].words.push_back(rows[r].fields[c].value_or(0xDEAD));
                if (rows[r].fields[c]) set_bit(columns_[c].validity.data(), r);
            }
        }
        slice_.times = times_;
        slice_.sequences = sequences_;
        for (const Column& each : columns_) {
            codec::ColumnSlice column;
            column.type = model::FieldType::kInteger;
            const std::size_t values = count_bits(each.validity.data(), 0, rows.size());
            if (values != 0) column.words = each.words;
            if (values != rows.size()) column.validity = each.validity;
            slice_.columns.push_back(column);
        }
    }
    ListColumns(const ListColumns&) = delete;
    ListColumns& operator=(const ListColumns&) = delete;

    const RowSlice& slice() const { return slice_; }

private:
    struct Column {
        std::vector<std::uint64_t> words;
        std::vector<std::uint64_t> validity;
    };
    std::vector<model::Timestamp> times_;
    std::vector<std::uint64_t> sequences_;
    std::vector<Column> columns_;
    RowSlice slice_;
};

// The rows of a slice, written down.
inline std::vector<ListRow> list_of(const RowSlice& slice) {
    std::vector<ListRow> rows;
    for (std::size_t r = 0; r < slice.rows(); ++r) {
        ListRow row;
        row.time = slice.times[r];
        row.sequence = slice.sequence_of(r);
        for (const codec::ColumnSlice& each : slice.columns) {
            const bool has_value = !each.absent() && each.is_valid(r);
            row.fields.push_back(has_value ? std::optional(each.words[r]) : std::nullopt);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

// Shows runs as a segment does: each has to be loaded; `fails_at` is the number of a load that
// fails.
class ListSource final : public RowSource {
public:
    explicit ListSource(std::vector<ListRun> runs,
                        std::optional<std::size_t> fails_at = std::nullopt)
        : runs_(std::move(runs)), fails_at_(fails_at) {
        if (runs_.empty()) state_ = State::kEnd;
    }

    std::string_view key() const override { return runs_[run_].key; }
    io::Task<Result<void>> load() override {
        SLUICE_CHECK(state_ == State::kLoad || state_ == State::kStatistics);
        if (loads++ == fails_at_) co_return Error{ErrorKind::kIo, "a load failed"};
        const ListRun& run = runs_[run_];
        if (state_ == State::kLoad && run.as_statistics) {
            statistics_ = {};
            statistics_.rows = run.rows.size();
            statistics_.block = run.number;
            statistics_.time_first = run.rows.front().time;
            statistics_.time_last = run.rows.back().time;
            state_ = State::kStatistics;
            co_return Result<void>();
        }
        columns_ = std::make_unique<ListColumns>(run.rows);
        slice_.assign(columns_->slice(), 0, run.rows.size());
        consumed_ = 0;
        state_ = State::kRows;
        co_return Result<void>();
    }
    void consume(std::size_t rows) override {
        SLUICE_CHECK(state_ == State::kRows && rows <= slice_.rows());
        consumed_ += rows;
        const std::size_t left = runs_[run_].rows.size() - consumed_;
        slice_.assign(columns_->slice(), consumed_, left);
        if (left == 0) leave_run();
    }
    void consume_statistics() override {
        SLUICE_CHECK(state_ == State::kStatistics);
        leave_run();
    }
    std::uint64_t rows_ahead() const override { return runs_[run_].rows.size() - consumed_; }
    std::size_t memory_bytes() const override { return 1000; }

    std::size_t loads = 0;

private:
    // What was passed stays until the next load(), as the columns do.
    void leave_run() {
        consumed_ = 0;
        state_ = ++run_ == runs_.size() ? State::kEnd : State::kLoad;
    }

    std::vector<ListRun> runs_;
    std::optional<std::size_t> fails_at_;
    std::size_t run_ = 0;
    std::size_t consumed_ = 0;
    std::unique_ptr<ListColumns> columns_;
};

}  // namespace sluice::storage::test
