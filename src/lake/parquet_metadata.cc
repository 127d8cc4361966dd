#include "sluice/lake/parquet_metadata.h"

#include "lake/compact_protocol.h"
#include "lake/physical_type.h"

namespace sluice::lake {
namespace {

// The numbers of fields and kinds are those of parquet-format/src/main/thrift/parquet.thrift.
constexpr std::int32_t kVersion = 2;
constexpr std::int32_t kRequired = 0;
constexpr std::int32_t kOptional = 1;
constexpr std::int32_t kConvertedUtf8 = 0;
constexpr std::int32_t kConvertedDecimal = 5;
constexpr std::int32_t kConvertedMicros = 10;
constexpr int kLogicalString = 1;
constexpr int kLogicalDecimal = 5;
constexpr int kLogicalTimestamp = 8;
constexpr int kUnitMicros = 2;
constexpr std::int32_t kCodecZstd = 6;
constexpr std::int32_t kDataPage = 0;

void append_logical_type(CompactWriter& writer, ParquetType type) {
    if (type != ParquetType::kTime && type != ParquetType::kUnsigned &&
        type != ParquetType::kString) {
        return;
    }
    writer.begin_struct(10);
    if (type == ParquetType::kString) {
        writer.begin_struct(kLogicalString);
    } else if (type == ParquetType::kUnsigned) {
        writer.begin_struct(kLogicalDecimal);
        writer.write_i32(1, 0);
        writer.write_i32(2, kUnsignedDigits);
    } else {
        writer.begin_struct(kLogicalTimestamp);
        writer.write_bool(1, true);
        writer.begin_struct(2);
        writer.begin_struct(kUnitMicros);
        writer.end_struct();
        writer.end_struct();
    }
    writer.end_struct();
    writer.end_struct();
}

void append_column(CompactWriter& writer, const ParquetColumn& column) {
    writer.begin_struct();
    writer.write_i32(1, physical_type_of(column.type));
    if (column.type == ParquetType::kUnsigned) writer.write_i32(2, kUnsignedBytes);
    writer.write_i32(3, column.is_required ? kRequired : kOptional);
    writer.write_text(4, column.name);
    if (column.type == ParquetType::kString) writer.write_i32(6, kConvertedUtf8);
    if (column.type == ParquetType::kTime) writer.write_i32(6, kConvertedMicros);
    if (column.type == ParquetType::kUnsigned) {
        writer.write_i32(6, kConvertedDecimal);
        writer.write_i32(7, 0);
        writer.write_i32(8, kUnsignedDigits);
    }
    append_logical_type(writer, column.type);
    writer.end_struct();
}

void append_statistics(CompactWriter& writer, const ParquetChunk& chunk) {
    writer.begin_struct(12);
    writer.write_i64(3, static_cast<std::int64_t>(chunk.nulls));
    if (chunk.min && chunk.max) {
        writer.write_text(5, *chunk.max);
        writer.write_text(6, *chunk.min);
    }
    writer.end_struct();
}

void append_page_count(CompactWriter& writer, ParquetEncoding encoding, std::uint32_t count) {
    writer.begin_struct();
    writer.write_i32(1, kDataPage);
    writer.write_i32(2, static_cast<std::int32_t>(encoding));
    writer.write_i32(3, static_cast<std::int32_t>(count));
    writer.end_struct();
}

// Readers that look at these decide by them whether a filter may be held against the dictionary.
void append_page_counts(CompactWriter& writer, const ParquetChunk& chunk) {
    const int kinds = (chunk.dictionary_pages != 0) + (chunk.other_pages != 0);
    writer.begin_list(13, CompactType::kStruct, static_cast<std::size_t>(kinds));
    if (chunk.dictionary_pages != 0) {
        append_page_count(writer, ParquetEncoding::kDictionary, chunk.dictionary_pages);
    }
    if (chunk.other_pages != 0) append_page_count(writer, chunk.encoding, chunk.other_pages);
}

void append_encodings(CompactWriter& writer, const ParquetChunk& chunk) {
    std::vector<ParquetEncoding> encodings = {ParquetEncoding::kRuns};
    // The dictionary itself is PLAIN.
    if (chunk.dictionary_bytes != 0) {
        encodings.push_back(ParquetEncoding::kPlain);
        encodings.push_back(ParquetEncoding::kDictionary);
    }
    const bool is_named = chunk.dictionary_bytes != 0 && chunk.encoding == ParquetEncoding::kPlain;
    if (chunk.other_pages != 0 && !is_named) encodings.push_back(chunk.encoding);
    writer.begin_list(2, CompactType::kI32, encodings.size());
    for (const ParquetEncoding each : encodings) {
        writer.write_element(static_cast<std::int32_t>(each));
    }
}

void append_chunk(CompactWriter& writer, const ParquetColumn& column, const ParquetChunk& chunk) {
    writer.begin_struct();
    // Where a copy of the metadata behind the chunk would be: there is none.
    writer.write_i64(2, 0);
    writer.begin_struct(3);
    writer.write_i32(1, physical_type_of(column.type));
    append_encodings(writer, chunk);
    writer.begin_list(3, CompactType::kBinary, 1);
    writer.write_element(column.name);
    writer.write_i32(4, kCodecZstd);
    writer.write_i64(5, static_cast<std::int64_t>(chunk.rows));
    writer.write_i64(6, static_cast<std::int64_t>(chunk.unpacked_bytes));
    writer.write_i64(7, static_cast<std::int64_t>(chunk.size_bytes));
    writer.write_i64(9, static_cast<std::int64_t>(chunk.offset + chunk.dictionary_bytes));
    if (chunk.dictionary_bytes != 0) writer.write_i64(11, static_cast<std::int64_t>(chunk.offset));
    append_statistics(writer, chunk);
    append_page_counts(writer, chunk);
    writer.end_struct();
    writer.end_struct();
}

void append_group(CompactWriter& writer, const ParquetMetadata& metadata,
                  const ParquetRowGroup& group) {
    std::uint64_t unpacked = 0;
    std::uint64_t packed = 0;
    writer.begin_struct();
    writer.begin_list(1, CompactType::kStruct, group.chunks.size());
    for (std::size_t i = 0; i < group.chunks.size(); ++i) {
        append_chunk(writer, metadata.columns[i], group.chunks[i]);
        unpacked += group.chunks[i].unpacked_bytes;
        packed += group.chunks[i].size_bytes;
    }
    writer.write_i64(2, static_cast<std::int64_t>(unpacked));
    writer.write_i64(3, static_cast<std::int64_t>(group.rows));
    const std::uint64_t offset = group.chunks.empty() ? 0 : group.chunks[0].offset;
    writer.write_i64(5, static_cast<std::int64_t>(offset));
    writer.write_i64(6, static_cast<std::int64_t>(packed));
    writer.end_struct();
}

void append_root(CompactWriter& writer, std::size_t columns) {
    writer.begin_struct();
    writer.write_text(4, "schema");
    writer.write_i32(5, static_cast<std::int32_t>(columns));
    writer.end_struct();
}

// Minimum and maximum are in the order of the type, for all columns. Without this readers ignore
// both.
void append_orders(CompactWriter& writer, std::size_t columns) {
    writer.begin_list(7, CompactType::kStruct, columns);
    for (std::size_t i = 0; i < columns; ++i) {
        writer.begin_struct();
        writer.begin_struct(1);
        writer.end_struct();
        writer.end_struct();
    }
}

}  // namespace

std::string_view parquet_type_name(ParquetType type) {
    switch (type) {
        case ParquetType::kTime:
            return "time";
        case ParquetType::kNanos:
            return "nanos";
        case ParquetType::kFloat:
            return "float";
        case ParquetType::kInteger:
            return "integer";
        case ParquetType::kUnsigned:
            return "unsigned";
        case ParquetType::kBoolean:
            return "boolean";
        case ParquetType::kString:
            return "string";
    }
    return "";
}

std::uint64_t ParquetMetadata::rows() const {
    std::uint64_t sum = 0;
    for (const ParquetRowGroup& group : groups) sum += group.rows;
    return sum;
}

void append_parquet_metadata(const ParquetMetadata& metadata, ByteWriter& out) {
    CompactWriter writer(out);
    writer.begin_struct();
    writer.write_i32(1, kVersion);
    writer.begin_list(2, CompactType::kStruct, metadata.columns.size() + 1);
    append_root(writer, metadata.columns.size());
    for (const ParquetColumn& column : metadata.columns) append_column(writer, column);
    writer.write_i64(3, static_cast<std::int64_t>(metadata.rows()));
    writer.begin_list(4, CompactType::kStruct, metadata.groups.size());
    for (const ParquetRowGroup& group : metadata.groups) append_group(writer, metadata, group);
    if (!metadata.properties.empty()) {
        writer.begin_list(5, CompactType::kStruct, metadata.properties.size());
        for (const auto& [key, value] : metadata.properties) {
            writer.begin_struct();
            writer.write_text(1, key);
            writer.write_text(2, value);
            writer.end_struct();
        }
    }
    writer.write_text(6, metadata.creator);
    append_orders(writer, metadata.columns.size());
    writer.end_struct();
}

}  // namespace sluice::lake
