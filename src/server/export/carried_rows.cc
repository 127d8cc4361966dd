#include "server/export/carried_rows.h"

#include <algorithm>

namespace sluice::server {

// Nulls take a place in the array as well, so that a row is the same index in each column.
void CarriedRows::Column::add_room(std::size_t count) {
    if (model::is_word_type(type)) {
        words.append_copies(count, 0);
    } else if (type == model::FieldType::kBoolean) {
        flags.append_copies(count, 0);
    } else {
        text_ends.append_copies(count, text.size());
    }
}

// All rows so far have a value.
void CarriedRows::Column::begin_validity(std::size_t rows) {
    if (has_nulls) return;
    has_nulls = true;
    validity.append_copies(rows / 64, ~std::uint64_t{0});
    if (rows % 64 != 0) validity.push_back((std::uint64_t{1} << (rows % 64)) - 1);
}

void CarriedRows::Column::add_nulls(std::size_t rows, std::size_t count) {
    begin_validity(rows);
    add_room(count);
    validity.append_copies((rows + count + 63) / 64 - validity.size(), 0);
}

// A column begins with its first value: rows before that get nulls then. As long as no row is null
// there is no bitmap, which is the usual case and saves writing it.
void CarriedRows::Column::add(const storage::ColumnView& view, std::size_t begin, std::size_t rows,
                              std::size_t count) {
    if (view.all_null) {
        if (any) add_nulls(rows, count);
        return;
    }
    if (!any) {
        any = true;
        type = view.type;
        if (rows != 0) add_nulls(0, rows);
    }
    // One pass over the bits decides which of the two ways is taken; most parts are full.
    bool is_full = true;
    for (std::size_t i = 0; is_full && view.validity != nullptr && i < count; ++i) {
        is_full = view.is_valid(begin + i);
    }
    if (is_full && !has_nulls) {
        add_room(count);
    } else {
        add_nulls(rows, count);
        for (std::size_t i = 0; i < count; ++i) {
            validity[(rows + i) / 64] |= std::uint64_t{view.is_valid(begin + i)}
                                         << ((rows + i) % 64);
        }
    }
    if (model::is_word_type(type)) {
        std::copy_n(view.words.begin() + static_cast<std::ptrdiff_t>(begin), count,
                    words.end() - count);
        return;
    }
    if (type == model::FieldType::kBoolean) {
        std::copy_n(view.flags.begin() + static_cast<std::ptrdiff_t>(begin), count,
                    flags.end() - count);
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (view.is_valid(begin + i)) text += view.texts[begin + i];
        text_ends[rows + i] = text.size();
    }
}

// Views are made of ends only in finish(), because the text moves while it grows.
void CarriedRows::Column::show(const Run& run, storage::ColumnView& view) const {
    view = {};
    if (!any) return;
    view.type = type;
    view.all_null = false;
    if (has_nulls) {
        view.validity = validity.data();
        view.validity_offset = static_cast<std::uint32_t>(run.row_begin);
    }
    const auto part = [&run](const auto& values) {
        return std::span(values.data() + run.row_begin, run.rows);
    };
    if (model::is_word_type(type)) {
        view.words = part(words);
    } else if (type == model::FieldType::kBoolean) {
        view.flags = part(flags);
    } else {
        view.texts = part(views);
    }
}

// Parts of one series that follow each other are one run again, whatever blocks they came in.
void CarriedRows::add(const storage::SeriesRun& run, std::size_t begin, std::size_t count) {
    const std::size_t rows = times_.size();
    // The keys lie one behind the other, so the last one is what follows its beginning.
    const bool goes_on =
        !runs_.empty() && std::string_view(keys_).substr(runs_.back().key_begin) == run.series_key;
    if (goes_on) {
        runs_.back().rows += count;
    } else {
        runs_.push_back({keys_.size(), run.series_key.size(), rows, count});
        keys_ += run.series_key;
        bytes_ += sizeof(Run) + run.series_key.size();
    }
    times_.append(run.times.subspan(begin, count));
    if (!run.sequences.empty()) sequences_.append(run.sequences.subspan(begin, count));
    bytes_ += count * 2 * sizeof(std::uint64_t);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::size_t text_before = columns_[i].text.size();
        columns_[i].add(run.columns[i], begin, rows, count);
        if (columns_[i].any) bytes_ += count * sizeof(std::uint64_t);
        bytes_ += columns_[i].text.size() - text_before;
    }
}

void CarriedRows::finish() {
    for (Column& column : columns_) {
        column.views.reserve(column.text_ends.size());
        std::size_t begin = 0;
        for (const std::size_t end : column.text_ends) {
            column.views.push_back(std::string_view(column.text).substr(begin, end - begin));
            begin = end;
        }
    }
}

void CarriedRows::show(std::size_t index, storage::SeriesRun& run) const {
    const Run& which = runs_[index];
    run.series_key = std::string_view(keys_).substr(which.key_begin, which.key_size);
    run.rows = which.rows;
    run.times = {times_.data() + which.row_begin, which.rows};
    run.sequences = {};
    if (sequences_.size() != 0) run.sequences = {sequences_.data() + which.row_begin, which.rows};
    run.columns.resize(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].show(which, run.columns[i]);
}

}  // namespace sluice::server
