// Parses a body and shows the batch as text, one line per row, for tables of expectations.
#pragma once

#include <bit>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/ingest/line_protocol.h"

namespace sluice::ingest::testing {

inline std::string describe_value(const model::BatchColumn& column, std::uint32_t row) {
    char text[64];
    switch (column.type) {
        case model::FieldType::kFloat:
            std::snprintf(text, sizeof text, "%.17g", std::bit_cast<double>(column.words[row]));
            return text;
        case model::FieldType::kInteger:
            return std::to_string(static_cast<std::int64_t>(column.words[row])) + "i";
        case model::FieldType::kUnsigned:
            return std::to_string(column.words[row]) + "u";
        case model::FieldType::kString:
            return '"' + std::string(column.texts[row]) + '"';
        case model::FieldType::kBoolean:
            return column.flags[row] != 0 ? "true" : "false";
    }
    return "?";
}

// `key|name=value,...|time` per row, in the order of the lines; fields sorted by name.
inline std::vector<std::string> describe_rows(const model::PointBatch& batch,
                                              const model::SeriesIndex& index) {
    std::map<std::uint32_t, std::string> rows;
    for (std::size_t t = 0; t < batch.table_count(); ++t) {
        const model::BatchTable& table = batch.table_at(t);
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            std::map<std::string, std::string> fields;
            for (std::uint32_t c = 0; c < table.column_count; ++c) {
                const model::BatchColumn& column = table.columns[c];
                if (!column.is_valid(row)) continue;
                std::string& shown = fields[column.name];
                if (!shown.empty()) shown += '&';
                shown += describe_value(column, row);
            }
            std::string text(index.key(table.series[row]));
            char separator = '|';
            for (const auto& [name, value] : fields) {
                text += separator + name + '=' + value;
                separator = ',';
            }
            rows[table.lines[row]] = text + '|' + std::to_string(table.times[row]);
        }
    }
    std::vector<std::string> list;
    for (auto& [line, text] : rows) list.push_back(std::move(text));
    return list;
}

struct Parsed {
    ParseResult result;
    std::vector<std::string> rows;
    std::vector<std::string> messages;
};

inline Parsed parse(std::string_view body, const ParseOptions& options = {},
                    const model::ShardMap& shards = {},
                    ParserKernel kernel = best_parser_kernel()) {
    model::SeriesIndex index;
    model::PointBatch batch;
    LineProtocolParser parser(kernel);
    Parsed parsed;
    parsed.result = parser.parse(body, options, shards, index, batch);
    parsed.rows = describe_rows(batch, index);
    for (const model::Rejection& each : parsed.result.rejections) {
        parsed.messages.push_back(each.message);
    }
    return parsed;
}

// The same in pieces, with other bodies parsed in between.
inline Parsed parse_in_pieces(std::string_view body, std::size_t bytes_max,
                              const ParseOptions& options = {},
                              ParserKernel kernel = best_parser_kernel()) {
    model::SeriesIndex index;
    model::PointBatch batch;
    model::PointBatch other;
    LineProtocolParser parser(kernel);
    Parsed parsed;
    std::size_t at = 0;
    while (parser.parse_piece(body, bytes_max, at, options, {}, index, batch, parsed.result)) {
        other.clear();
        parser.parse("m,h=other other=1,v=2i 5\nmm v=t 6\n", options, {}, index, other);
    }
    if (!parsed.result.is_too_sparse) batch.finish();
    parsed.rows = describe_rows(batch, index);
    for (const model::Rejection& each : parsed.result.rejections) {
        parsed.messages.push_back(each.message);
    }
    return parsed;
}

}  // namespace sluice::ingest::testing
