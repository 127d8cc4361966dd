// Segments in memory: a reference model of rows, the bytes the writer makes of it, and a file to
// read them back from.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/io/reactor.h"
#include "storage/segment/segment_reader.h"
#include "storage/segment/segment_writer.h"

namespace sluice::storage::test {

// A file in memory. Each read gets a copy of exactly the bytes asked for, so that a sanitizer sees
// a read beyond them.
class MemoryAccess final : public RandomAccess {
public:
    explicit MemoryAccess(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
    std::uint64_t size() const override { return bytes_.size(); }
    io::Task<Result<FileBytes>> read(std::uint64_t offset, std::size_t size) override {
        SLUICE_CHECK(offset <= bytes_.size() && size <= bytes_.size() - offset);
        const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(offset);
        auto copy = std::make_shared<std::vector<std::byte>>(
            begin, begin + static_cast<std::ptrdiff_t>(size));
        ++reads;
        FileBytes result;
        result.bytes = *copy;
        result.owner = std::move(copy);
        co_return result;
    }

    std::size_t reads = 0;

private:
    std::vector<std::byte> bytes_;
};

// Tasks over memory never suspend.
template <typename T>
T finish(io::Task<T> task) {
    return task.take();
}

using Cell = std::variant<std::monostate, std::uint64_t, bool, std::string>;

struct Row {
    std::uint64_t sequence = 0;
    std::vector<Cell> cells;  // per column
    bool operator==(const Row&) const = default;
};

using Series = std::map<model::Timestamp, Row>;

struct Table {
    std::vector<SegmentColumn> columns;
    std::map<std::string, Series> series;  // by key
};

// By measurement name.
using Model = std::map<std::string, Table>;

// Rows as the arrays that SegmentWriter takes.
struct Arrays {
    std::vector<model::Timestamp> times;
    std::vector<std::uint64_t> sequences;
    struct Column {
        std::vector<std::uint64_t> words;
        std::vector<std::string> texts;
        std::vector<std::string_view> views;
        std::vector<std::uint8_t> flags;
        std::vector<std::uint64_t> validity;
    };
    std::vector<Column> columns;
    std::vector<codec::ColumnSlice> slices;

    SegmentRows rows() const { return {times, sequences, slices}; }
};

inline Arrays arrays_of(const Table& table, const Series& series) {
    Arrays arrays;
    arrays.columns.resize(table.columns.size());
    for (const auto& [time, row] : series) {
        const std::size_t index = arrays.times.size();
        arrays.times.push_back(time);
        arrays.sequences.push_back(row.sequence);
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            Arrays::Column& column = arrays.columns[i];
            const Cell& cell = row.cells[i];
            if (index % 64 == 0) column.validity.push_back(0);
            if (cell.index() != 0) column.validity.back() |= std::uint64_t{1} << (index % 64);
            const auto* word = std::get_if<std::uint64_t>(&cell);
            const auto* flag = std::get_if<bool>(&cell);
            const auto* text = std::get_if<std::string>(&cell);
            // Nulls are stored as rubbish, which nobody may see.
            column.words.push_back(word != nullptr ? *word : 0xDEADu);
            column.flags.push_back(flag != nullptr && *flag ? 1 : 0);
            column.texts.push_back(text != nullptr ? *text : "rubbish");
        }
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        Arrays::Column& column = arrays.columns[i];
        column.views.assign(column.texts.begin(), column.texts.end());
        codec::ColumnSlice slice;
        slice.type = table.columns[i].type;
        bool any = false;
        bool all = true;
        for (const auto& [time, row] : series) {
            any = any || row.cells[i].index() != 0;
            all = all && row.cells[i].index() != 0;
        }
        if (any) {
            if (model::is_word_type(slice.type)) slice.words = column.words;
            if (slice.type == model::FieldType::kString) slice.texts = column.views;
            if (slice.type == model::FieldType::kBoolean) slice.flags = column.flags;
            if (!all) slice.validity = column.validity;
        }
        arrays.slices.push_back(slice);
    }
    return arrays;
}

struct BuiltSegment {
    std::vector<std::byte> bytes;
    SegmentMeta meta;
};

// Feeds each series in one piece, in several, or by picks, as `seed` decides.
inline BuiltSegment build(const Model& segment_model, SegmentWriterOptions options,
                          std::uint64_t seed) {
    Random random(seed);
    SegmentWriter writer(options);
    BuiltSegment built;
    const auto drain = [&] {
        while (auto piece = writer.take_piece()) {
            SLUICE_CHECK(piece->offset == built.bytes.size());
            SLUICE_CHECK(piece->size % kDirectIoAlignment == 0);
            const ByteSpan bytes = piece->bytes();
            built.bytes.insert(built.bytes.end(), bytes.begin(), bytes.end());
        }
    };
    for (const auto& [name, table] : segment_model) {
        writer.begin_measurement(name, table.columns);
        for (const auto& [key, series] : table.series) {
            writer.begin_series(key, series.size());
            const Arrays arrays = arrays_of(table, series);
            const auto count = static_cast<std::uint32_t>(series.size());
            for (std::uint32_t begin = 0; begin < count;) {
                const auto end =
                    random.chance(0.5)
                        ? count
                        : begin + 1 + static_cast<std::uint32_t>(random.below(count - begin));
                if (random.chance(0.5)) {
                    std::vector<std::uint32_t> picks;
                    for (std::uint32_t i = begin; i < end; ++i) picks.push_back(i);
                    writer.append_picks(arrays.rows(), picks);
                } else {
                    writer.append(arrays.rows(), begin, end);
                }
                begin = end;
            }
            drain();
        }
        writer.end_measurement();
    }
    built.meta = writer.finish();
    drain();
    return built;
}

inline Cell cell_of(const codec::DecodedColumn& column, std::size_t row) {
    if (!column.is_valid(row)) return {};
    if (model::is_word_type(column.type)) return column.words[row];
    if (column.type == model::FieldType::kBoolean) return column.flags[row] != 0;
    return std::string(column.texts[row]);
}

// Everything in the segment, or the first error.
inline Result<Model> read_all(RandomAccess& access) {
    SLUICE_TRY(const std::unique_ptr<SegmentReader> reader,
               finish(SegmentReader::open(access, "test.seg")));
    Model result;
    for (const SegmentMeasurement& measurement : reader->measurements()) {
        Table& table = result[measurement.name];
        table.columns = measurement.columns;
        SLUICE_TRY(const auto index, finish(reader->load_index(measurement)));
        std::vector<std::string> keys;
        for (std::uint32_t page = 0; page < index->page_count(); ++page) {
            SLUICE_TRY(const auto parsed, finish(reader->read_series_page(*index, page)));
            parsed->append_keys(keys);
        }
        std::vector<std::uint32_t> columns;
        for (std::uint32_t i = 0; i < table.columns.size(); ++i) columns.push_back(i);
        BlockRequest request;
        request.columns = columns;
        request.with_sequences = true;
        SegmentBlock block;
        for (std::uint32_t i = 0; i < index->block_count(); ++i) {
            SLUICE_TRY_VOID(finish(reader->read_block(*index, i, request, block)));
            std::size_t row = 0;
            for (std::size_t run = 0; run < block.run_rows.size(); ++run) {
                Series& series = table.series[keys.at(block.first_series + run)];
                for (std::uint32_t k = 0; k < block.run_rows[run]; ++k, ++row) {
                    Row& out = series[block.times[row]];
                    if (!block.sequences.empty()) out.sequence = block.sequences[row];
                    for (const auto& column : block.columns) {
                        out.cells.push_back(cell_of(column, row));
                    }
                }
            }
        }
    }
    return result;
}

inline Cell some_cell(model::FieldType type, Random& random) {
    switch (type) {
        case model::FieldType::kFloat:
            return std::bit_cast<std::uint64_t>(static_cast<double>(random.below(10000)) / 100);
        case model::FieldType::kInteger:
        case model::FieldType::kUnsigned:
            return random.below(1'000'000);
        case model::FieldType::kString:
            return "state " + std::to_string(random.below(5));
        case model::FieldType::kBoolean:
            break;
    }
    return random.chance(0.5);
}

inline const std::vector<SegmentColumn> kAllTypes = {{"f", model::FieldType::kFloat},
                                                     {"i", model::FieldType::kInteger},
                                                     {"u", model::FieldType::kUnsigned},
                                                     {"s", model::FieldType::kString},
                                                     {"b", model::FieldType::kBoolean}};

// `rows` rows of a series; each cell is null with `null_chance`, and column `never` always.
inline Series some_series(const Table& table, std::size_t rows, double null_chance, Random& random,
                          std::size_t never = ~std::size_t{0}) {
    Series series;
    model::Timestamp time = 1'700'000'000'000'000'000;
    for (std::size_t i = 0; i < rows; ++i) {
        time += 10 * kSecondNs + (random.chance(0.1) ? random.between(0, 1000) : 0);
        Row& row = series[time];
        row.sequence = 1000 + i * 3;
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const bool null = c == never || random.chance(null_chance);
            row.cells.push_back(null ? Cell() : some_cell(table.columns[c].type, random));
        }
    }
    return series;
}

}  // namespace sluice::storage::test
