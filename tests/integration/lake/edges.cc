// Writes a Parquet file with values that line protocol cannot bring: lake-edges FILE.
#include <bit>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "sluice/lake/parquet_writer.h"

namespace {

using namespace sluice;
using lake::ParquetType;
using model::FieldType;

std::uint64_t bits(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

// The rows whose bits are set in `validity` have a value.
codec::ColumnSlice words(FieldType type, const std::vector<std::uint64_t>& values,
                         const std::uint64_t& validity) {
    codec::ColumnSlice slice;
    slice.type = type;
    slice.words = values;
    slice.validity = {&validity, 1};
    return slice;
}

int write(const char* path) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    const std::vector<lake::ParquetColumn> columns = {
        {"time", ParquetType::kTime, true},        {"float", ParquetType::kFloat, false},
        {"nan", ParquetType::kFloat, false},       {"zero", ParquetType::kFloat, false},
        {"integer", ParquetType::kInteger, false}, {"unsigned", ParquetType::kUnsigned, false},
        {"none", ParquetType::kInteger, false},    {"text", ParquetType::kString, false},
        {"boolean", ParquetType::kBoolean, false}};
    const std::uint64_t all = 0x3F, first_two = 3, first_five = 0x1F;
    const std::vector<std::uint64_t> times = {0, 1000, 2000, 3000, 4000, 5000};
    const std::vector<std::uint64_t> floats = {bits(1),          bits(kNan), bits(kInfinity),
                                               bits(-kInfinity), bits(-0.0), 0};
    const std::vector<std::uint64_t> nans = {bits(kNan), bits(kNan), 0, 0, 0, 0};
    const std::vector<std::uint64_t> zeros = {bits(0.0), bits(-0.0), 0, 0, 0, 0};
    const std::vector<std::uint64_t> integers = {
        std::uint64_t{1} << 63, ~std::uint64_t{0} >> 1, 0, 0, 0, 0};
    const std::vector<std::uint64_t> numbers = {0, ~std::uint64_t{0}, 0, 0, 0, 0};
    const std::vector<std::string_view> texts = {"", "東京", "", "", "", ""};
    const std::vector<std::uint8_t> flags = {0, 1, 0, 0, 0, 0};
    std::vector<lake::ParquetCells> cells(columns.size());
    cells[0].slice = words(FieldType::kInteger, times, all);
    cells[1].slice = words(FieldType::kFloat, floats, first_five);
    cells[2].slice = words(FieldType::kFloat, nans, first_two);
    cells[3].slice = words(FieldType::kFloat, zeros, first_two);
    cells[4].slice = words(FieldType::kInteger, integers, first_two);
    cells[5].slice = words(FieldType::kUnsigned, numbers, first_two);
    cells[7].slice.type = FieldType::kString;
    cells[7].slice.texts = texts;
    cells[7].slice.validity = {&first_two, 1};
    cells[8].slice.type = FieldType::kBoolean;
    cells[8].slice.flags = flags;
    cells[8].slice.validity = {&first_two, 1};
    std::FILE* const file = std::fopen(path, "w");
    if (file == nullptr) return 1;
    lake::ParquetOptions options;
    options.version = "0";
    lake::ParquetWriter writer(columns, options, [file](ByteSpan bytes) {
        std::fwrite(bytes.data(), 1, bytes.size(), file);
        return Result<void>();
    });
    const bool good = writer.append(times.size(), cells).ok() && writer.finish().ok();
    return std::fclose(file) == 0 && good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return argc == 2 ? write(argv[1]) : 2;
}
