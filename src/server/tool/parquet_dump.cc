#include "server/tool/parquet_dump.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "sluice/lake/parquet_reader.h"

namespace sluice::server {
namespace {

Result<std::string> read_whole(const std::string& path) {
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    const std::unique_ptr<std::FILE, Closer> file(std::fopen(path.c_str(), "re"));
    if (file == nullptr) return os_failure(errno, "open " + path);
    std::string bytes;
    char piece[65536];
    while (const std::size_t got = std::fread(piece, 1, sizeof piece, file.get())) {
        bytes.append(piece, got);
    }
    if (std::ferror(file.get()) != 0) return os_failure(errno, "read " + path);
    return bytes;
}

std::string encodings_text(const lake::ParquetChunk& chunk) {
    std::string text;
    if (chunk.dictionary_pages != 0) {
        text = std::to_string(chunk.dictionary_pages) + " pages of a dictionary";
    }
    if (chunk.other_pages == 0) return text;
    if (!text.empty()) text += ", ";
    return text + std::to_string(chunk.other_pages) +
           (chunk.encoding == lake::ParquetEncoding::kDifferences ? " of differences"
                                                                  : " of plain values");
}

}  // namespace

Result<void> dump_parquet(const std::string& path, bool details, const storage::LineSink& sink) {
    SLUICE_TRY(const std::string bytes, read_whole(path));
    Result<lake::ParquetReader> reader = lake::ParquetReader::open(as_byte_span(bytes));
    if (!reader.ok()) return Error{reader.error().kind, path + ": " + reader.error().message};
    const lake::ParquetMetadata& metadata = reader->metadata();
    sink(metadata.creator);
    for (const auto& [key, value] : metadata.properties) sink(key + ": " + value);
    sink(std::to_string(metadata.rows()) + " rows in " + std::to_string(metadata.groups.size()) +
         " row groups, " + std::to_string(bytes.size()) + " bytes");
    for (std::size_t column = 0; column < metadata.columns.size(); ++column) {
        std::uint64_t values = 0;
        std::uint64_t size_bytes = 0;
        for (const lake::ParquetRowGroup& group : metadata.groups) {
            values += group.chunks[column].rows - group.chunks[column].nulls;
            size_bytes += group.chunks[column].size_bytes;
        }
        sink("  " + metadata.columns[column].name + " " +
             std::string(lake::parquet_type_name(metadata.columns[column].type)) + ": " +
             std::to_string(values) + " values, " + std::to_string(size_bytes) + " bytes");
        for (std::size_t group = 0; group < metadata.groups.size(); ++group) {
            const Result<lake::ParquetValues> read = reader->read(group, column);
            if (!read.ok()) {
                return Error{read.error().kind, path + ": row group " + std::to_string(group) +
                                                    ", column " + metadata.columns[column].name +
                                                    ": " + read.error().message};
            }
            if (!details) continue;
            const lake::ParquetChunk& chunk = metadata.groups[group].chunks[column];
            sink("    row group " + std::to_string(group) + ": " + std::to_string(chunk.nulls) +
                 " nulls, " + encodings_text(chunk) + ", " + std::to_string(chunk.size_bytes) +
                 " bytes at " + std::to_string(chunk.offset));
        }
    }
    return {};
}

}  // namespace sluice::server
