// Rows copied out of a scan, of one series after the other: they outlive the scan and may be taken
// to another thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/storage/scan.h"

namespace sluice::server {

class CarriedRows {
public:
    // `columns`: the fields of the scan.
    explicit CarriedRows(std::size_t columns) : columns_(columns) {}
    // What has been shown refers to this object.
    CarriedRows(const CarriedRows&) = delete;
    CarriedRows& operator=(const CarriedRows&) = delete;

    // Rows [begin, begin + count) of `run`.
    void add(const storage::SeriesRun& run, std::size_t begin, std::size_t count);
    // Nothing is added after it.
    void finish();

    std::size_t runs() const { return runs_.size(); }
    std::size_t bytes() const { return bytes_; }
    // After finish(). `run` refers to this object.
    void show(std::size_t index, storage::SeriesRun& run) const;

private:
    struct Run {
        std::size_t key_begin;  // in keys_
        std::size_t key_size;
        std::size_t row_begin;
        std::size_t rows;
    };
    // Begins with the first row that has a value; those before it are filled in then.
    struct Column {
        bool any = false;
        model::FieldType type = model::FieldType::kFloat;
        PodVector<std::uint64_t> words;
        PodVector<std::uint8_t> flags;
        PodVector<std::size_t> text_ends;  // in `text`
        std::string text;
        std::vector<std::string_view> views;  // made by finish()
        // A bit for each row once a row has no value, since what has none needs no bits anywhere.
        bool has_nulls = false;
        PodVector<std::uint64_t> validity;

        // `rows` rows are there, `count` more come.
        void add(const storage::ColumnView& view, std::size_t begin, std::size_t rows,
                 std::size_t count);
        // Room for values, and bits that say there is none.
        void add_room(std::size_t count);
        void add_nulls(std::size_t rows, std::size_t count);
        void begin_validity(std::size_t rows);
        void show(const Run& run, storage::ColumnView& view) const;
    };

    std::string keys_;
    std::vector<Run> runs_;
    PodVector<model::Timestamp> times_;
    PodVector<std::uint64_t> sequences_;
    std::vector<Column> columns_;
    std::size_t bytes_ = 0;
};

}  // namespace sluice::server
