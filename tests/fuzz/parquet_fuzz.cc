// Parquet files that are damaged, and each encoding of theirs, forged.
//
// Input: one byte that chooses what is read, then a whole file, metadata, or the bytes of an
// encoding with a width and a count in front.
#include <cstdint>
#include <string_view>

#include "lake/delta_integers.h"
#include "lake/hybrid_runs.h"
#include "sluice/lake/parquet_reader.h"

namespace {

using namespace sluice;

void read_file(ByteSpan file) {
    const Result<lake::ParquetReader> reader = lake::ParquetReader::open(file);
    if (!reader.ok()) return;
    const lake::ParquetMetadata& metadata = reader->metadata();
    for (std::size_t group = 0; group < metadata.groups.size(); ++group) {
        for (std::size_t column = 0; column < metadata.columns.size(); ++column) {
            (void)reader->read(group, column).ok();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const ByteSpan rest(reinterpret_cast<const std::byte*>(data) + 4, size - 4);
    const std::size_t count = load_le<std::uint16_t>(data + 2);
    PodVector<std::uint32_t> numbers;
    PodVector<std::uint64_t> words;
    switch (data[0] % 4) {
        case 0:
            read_file(rest);
            break;
        case 1:
            (void)lake::parse_parquet_metadata(rest).ok();
            break;
        case 2:
            (void)lake::read_hybrid_runs(rest, data[1] % 33, count, numbers);
            break;
        default:
            (void)lake::read_delta_integers(rest, count, words);
    }
    return 0;
}
