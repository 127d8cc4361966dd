// A Parquet file in memory, from columns of values that may be missing.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <optional>
#include <string>
#include <vector>

#include "sluice/lake/parquet_reader.h"
#include "sluice/lake/parquet_writer.h"

namespace sluice::lake {

// What one column holds: words of all types but strings, which have texts.
struct BuiltColumn {
    std::vector<std::optional<std::uint64_t>> words;
    std::vector<std::optional<std::string>> texts;
};

inline std::optional<std::uint64_t> word_of(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

inline model::FieldType field_type_of(ParquetType type) {
    if (type == ParquetType::kString) return model::FieldType::kString;
    if (type == ParquetType::kBoolean) return model::FieldType::kBoolean;
    return type == ParquetType::kFloat ? model::FieldType::kFloat : model::FieldType::kInteger;
}

// Arrays as a scan gives them.
class BuiltSlice {
public:
    BuiltSlice(ParquetType type, const BuiltColumn& column) {
        const std::size_t rows = std::max(column.words.size(), column.texts.size());
        slice_.type = field_type_of(type);
        validity_.resize((rows + 63) / 64);
        for (std::size_t row = 0; row < rows; ++row) {
            const bool is_text = type == ParquetType::kString;
            const bool has =
                is_text ? column.texts[row].has_value() : column.words[row].has_value();
            validity_[row / 64] |= std::uint64_t{has} << (row % 64);
            if (is_text) {
                texts_.push_back(has ? std::string_view(*column.texts[row]) : std::string_view());
            } else if (type == ParquetType::kBoolean) {
                flags_.push_back(static_cast<std::uint8_t>(column.words[row].value_or(0)));
            } else {
                words_.push_back(column.words[row].value_or(0));
            }
            all_valid_ = all_valid_ && has;
        }
        slice_.words = words_;
        slice_.texts = texts_;
        slice_.flags = flags_;
        if (!all_valid_) slice_.validity = validity_;
    }
    const codec::ColumnSlice& slice() const { return slice_; }

private:
    codec::ColumnSlice slice_;
    std::vector<std::uint64_t> words_;
    std::vector<std::string_view> texts_;
    std::vector<std::uint8_t> flags_;
    std::vector<std::uint64_t> validity_;
    bool all_valid_ = true;
};

// `step` rows with each call of the writer.
inline std::string build_file(const std::vector<ParquetColumn>& columns,
                              const std::vector<BuiltColumn>& values, ParquetOptions options = {},
                              std::size_t step = 1000) {
    std::string file;
    options.version = "1.0";
    ParquetWriter writer(columns, options, [&file](ByteSpan bytes) {
        file += as_text(bytes);
        return Result<void>();
    });
    const std::size_t rows = std::max(values[0].words.size(), values[0].texts.size());
    for (std::size_t begin = 0; begin < rows; begin += step) {
        const std::size_t end = std::min(rows, begin + step);
        // What slices refer to.
        std::vector<BuiltColumn> pieces(columns.size());
        std::vector<BuiltSlice> slices;
        slices.reserve(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            BuiltColumn& piece = pieces[i];
            const auto cut = [begin, end](const auto& from, auto& to) {
                if (!from.empty()) to.assign(from.begin() + begin, from.begin() + end);
            };
            cut(values[i].words, piece.words);
            cut(values[i].texts, piece.texts);
            slices.emplace_back(columns[i].type, piece);
        }
        std::vector<ParquetCells> cells(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i) cells[i].slice = slices[i].slice();
        EXPECT_TRUE(writer.append(end - begin, cells).ok());
    }
    EXPECT_TRUE(writer.finish().ok());
    EXPECT_EQ(writer.size_bytes(), file.size());
    EXPECT_EQ(writer.rows(), rows);
    return file;
}

inline BuiltColumn read_column(const ParquetReader& reader, std::size_t column) {
    BuiltColumn built;
    const bool is_text = reader.metadata().columns[column].type == ParquetType::kString;
    for (std::size_t group = 0; group < reader.metadata().groups.size(); ++group) {
        const Result<ParquetValues> values = reader.read(group, column);
        EXPECT_TRUE(values.ok()) << values.error().message;
        std::size_t at = 0;
        for (const std::uint32_t level : values->levels) {
            if (is_text) {
                built.texts.push_back(level == 0 ? std::nullopt : std::optional(values->texts[at]));
            } else {
                built.words.push_back(level == 0 ? std::nullopt : std::optional(values->words[at]));
            }
            at += level;
        }
    }
    return built;
}

}  // namespace sluice::lake
