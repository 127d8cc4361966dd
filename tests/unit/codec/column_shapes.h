// Columns of many shapes for round trips: ordinary data, edges, and what encoders find hard.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/codec/column_chunk.h"

namespace sluice::codec::test {

struct TestColumn {
    std::string name;
    model::FieldType type = model::FieldType::kFloat;
    std::vector<std::uint64_t> words;
    std::vector<std::string> texts;
    std::vector<std::string_view> views;
    std::vector<std::uint8_t> flags;
    std::vector<std::uint64_t> validity;

    std::uint32_t rows() const {
        return static_cast<std::uint32_t>(std::max({words.size(), views.size(), flags.size()}));
    }
    ColumnSlice slice() const { return {type, words, views, flags, validity, 0}; }
};

inline std::uint64_t bits_of(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

// Sizes around the edges of words, frames and blocks.
inline const std::vector<std::uint32_t> kEdgeRows = {1,  2,   3,   7,   8,    63,   64,
                                                     65, 255, 256, 257, 1000, 4095, 4096};

inline std::vector<TestColumn> float_columns(std::uint32_t rows) {
    using Limits = std::numeric_limits<double>;
    const double odd[] = {0.0,
                          -0.0,
                          1.0,
                          -1.0,
                          0.1,
                          Limits::denorm_min(),
                          -Limits::denorm_min(),
                          Limits::min(),
                          Limits::max(),
                          Limits::lowest(),
                          Limits::epsilon(),
                          1e15,
                          1e16,
                          9007199254740993.0,
                          0.30000000000000004,
                          123456789.123456,
                          1e-300,
                          Limits::infinity(),
                          -Limits::infinity(),
                          2251799813685248.0,
                          1e18};
    std::vector<TestColumn> columns;
    Random random(rows);
    const auto add = [&](const char* name, auto make) {
        TestColumn column;
        column.name = name;
        for (std::uint32_t i = 0; i < rows; ++i) column.words.push_back(bits_of(make(i)));
        columns.push_back(std::move(column));
    };
    double at = 50;
    add("constant", [](auto) { return 0.1; });
    add("negative zero", [](auto i) { return i % 3 == 0 ? -0.0 : 0.0; });
    add("walk of two decimals", [&](auto) {
        at += random.unit() - 0.5;
        return std::round(at * 100) / 100;
    });
    add("two decimals and rare others", [&](auto) {
        return random.chance(0.02) ? random.unit()
                                   : static_cast<double>(random.below(100000)) / 100;
    });
    add("any double", [&](auto) { return std::bit_cast<double>(random.next() & ~(1ull << 62)); });
    add("any bits", [&](auto) { return std::bit_cast<double>(random.next()); });
    add("full precision", [](auto i) { return std::sin(i); });
    add("single precision",
        [&](auto) { return static_cast<double>(static_cast<float>(random.unit())); });
    add("large integers", [&](auto i) { return 1e12 + i * 1000.0; });
    add("odd ones", [&](auto) { return odd[random.below(std::size(odd))]; });
    return columns;
}

inline std::vector<TestColumn> integer_columns(std::uint32_t rows) {
    constexpr std::uint64_t kMin = std::uint64_t{1} << 63;
    std::vector<TestColumn> columns;
    Random random(rows + 1);
    const auto add = [&](const char* name, auto make) {
        TestColumn column;
        column.name = name;
        column.type =
            columns.size() % 2 == 0 ? model::FieldType::kInteger : model::FieldType::kUnsigned;
        for (std::uint32_t i = 0; i < rows; ++i) column.words.push_back(make(i));
        columns.push_back(std::move(column));
    };
    add("constant", [](auto) { return ~std::uint64_t{0}; });
    add("counter", [&](auto i) { return 1000 * i + random.below(10); });
    add("extremes", [&](auto) { return random.chance(0.5) ? kMin : kMin - 1; });
    add("least and zero", [](auto i) { return i % 2 == 0 ? 0 : kMin; });
    add("any bits", [&](auto) { return random.next(); });
    add("all widths", [&](auto) { return random.next() >> random.below(64); });
    add("rare outliers",
        [&](auto) { return random.chance(0.03) ? random.next() : random.below(16); });
    add("multiples", [&](auto) { return random.below(1000) * 60'000'000'000 + 7; });
    add("one step", [&](auto i) { return i * 2 > rows ? 5 : std::uint64_t{9}; });
    return columns;
}

inline std::vector<TestColumn> other_columns(std::uint32_t rows) {
    std::vector<TestColumn> columns;
    Random random(rows + 2);
    const auto text = [&](const char* name, auto make) {
        TestColumn column;
        column.name = name;
        column.type = model::FieldType::kString;
        for (std::uint32_t i = 0; i < rows; ++i) column.texts.push_back(make(i));
        column.views.assign(column.texts.begin(), column.texts.end());
        columns.push_back(std::move(column));
    };
    text("empty", [](auto) { return std::string(); });
    text("states", [&](auto) { return std::string(random.below(4), 's'); });
    text("numbered", [](auto i) { return "request number " + std::to_string(i); });
    text("binary", [&](auto) {
        std::string bytes;
        for (auto size = random.below(20); size > 0; --size) {
            bytes.push_back(static_cast<char>(random.next()));
        }
        return bytes;
    });
    const auto flag = [&](const char* name, auto make) {
        TestColumn column;
        column.name = name;
        column.type = model::FieldType::kBoolean;
        for (std::uint32_t i = 0; i < rows; ++i) column.flags.push_back(make(i) ? 1 : 0);
        columns.push_back(std::move(column));
    };
    flag("true", [](auto) { return true; });
    flag("long runs", [](auto i) { return i / 100 % 2 == 0; });
    flag("coin", [&](auto) { return random.chance(0.5); });
    return columns;
}

inline std::vector<TestColumn> all_columns(std::uint32_t rows) {
    std::vector<TestColumn> columns = float_columns(rows);
    for (TestColumn& column : integer_columns(rows)) columns.push_back(std::move(column));
    for (TestColumn& column : other_columns(rows)) columns.push_back(std::move(column));
    return columns;
}

inline ByteWriter encode(const TestColumn& column) {
    ChunkEncoder encoder;
    ByteWriter out;
    encoder.encode_column(column.slice(), column.rows(), out);
    return out;
}

// Whether `decoded` holds the values of `column`, nulls included.
inline bool same_values(const TestColumn& column, const DecodedColumn& decoded) {
    if (decoded.rows != column.rows()) return false;
    const ColumnSlice slice = column.slice();
    for (std::uint32_t row = 0; row < decoded.rows; ++row) {
        const bool valid = slice.is_valid(row);
        if (decoded.is_valid(row) != valid) return false;
        if (!column.words.empty() && decoded.words[row] != (valid ? column.words[row] : 0))
            return false;
        if (!column.flags.empty() && decoded.flags[row] != (valid ? column.flags[row] : 0))
            return false;
        if (!column.views.empty() &&
            decoded.texts[row] != (valid ? column.views[row] : std::string_view())) {
            return false;
        }
    }
    return true;
}

}  // namespace sluice::codec::test
