// What our parser makes of texts, for a driver that asks InfluxDB the same.
//
//     line_protocol_verdict <nanoseconds per unit>
//
// stdin: texts, each a little-endian 32-bit size and as many bytes. stdout: one JSON line per text:
//     {"open":false,"rows":[{"name":"m","tags":{},"fields":[["v","float","4607182418800017408"]],
//      "time":7}],"errors":["unable to parse ..."],"dropped":["..."]}
// Bytes from 0x80 on are written as \u0080 to \u00ff, so the driver reads names and texts as
// Latin-1. "open" tells that the text would swallow a line that follows it. A row without "time"
// had none. Every text is parsed by a parser that knows the texts before it and by one that knows
// nothing; if they differ the program ends with status 1.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/point_text.h"
#include "sluice/ingest/line_protocol.h"
#include "sluice/model/series_key.h"

namespace {

using namespace sluice;

constexpr model::Timestamp kNow = 1'700'000'000'000'000'001;

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
            out += c;
            continue;
        }
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
        out += escaped;
    }
    out += '"';
}

void append_list(std::string& out, const std::vector<std::string>& texts) {
    out += '[';
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (i != 0) out += ',';
        append_quoted(out, texts[i]);
    }
    out += ']';
}

std::string value_of(const model::BatchColumn& column, std::uint32_t row) {
    switch (column.type) {
        case model::FieldType::kString:
            return std::string(column.texts[row]);
        case model::FieldType::kBoolean:
            return column.flags[row] != 0 ? "true" : "false";
        case model::FieldType::kInteger:
            return std::to_string(static_cast<std::int64_t>(column.words[row]));
        default:
            return std::to_string(column.words[row]);
    }
}

std::string describe_row(const model::BatchTable& table, std::uint32_t row,
                         const model::SeriesIndex& index, model::Timestamp default_time) {
    const model::SeriesName name = model::parse_series_key(index.key(table.series[row]));
    std::string out = "{\"name\":";
    append_quoted(out, name.measurement);
    out += ",\"tags\":{";
    for (std::size_t i = 0; i < name.tags.size(); ++i) {
        if (i != 0) out += ',';
        append_quoted(out, name.tags[i].key);
        out += ':';
        append_quoted(out, name.tags[i].value);
    }
    out += "},\"fields\":[";
    // By name and type: the order of columns is not part of the meaning.
    std::map<std::pair<std::string, std::string>, std::string> fields;
    for (std::uint32_t c = 0; c < table.column_count; ++c) {
        const model::BatchColumn& column = table.columns[c];
        if (!column.is_valid(row)) continue;
        fields[{column.name, std::string(model::field_type_name(column.type))}] =
            value_of(column, row);
    }
    bool first = true;
    for (const auto& [key, value] : fields) {
        if (!first) out += ',';
        first = false;
        append_list(out, {key.first, key.second, value});
    }
    out += ']';
    if (table.times[row] != default_time) out += ",\"time\":" + std::to_string(table.times[row]);
    return out + '}';
}

std::string describe(std::string_view text, const ingest::ParseOptions& options,
                     ingest::LineProtocolParser& parser, model::SeriesIndex& index) {
    model::PointBatch batch;
    const ingest::ParseResult result = parser.parse(text, options, {}, index, batch);
    const model::Timestamp default_time =
        model::truncate_as_go(options.now, static_cast<std::int64_t>(options.precision));
    const std::string followed = std::string(text) + "\nx";
    std::string out = "{\"open\":";
    std::size_t at = 0;
    while (at < text.size()) at = ingest::find_line_end(followed, at) + 1;
    out += at > text.size() + 1 ? "true" : "false";
    std::map<std::uint32_t, std::string> rows;
    for (std::size_t t = 0; t < batch.table_count(); ++t) {
        const model::BatchTable& table = batch.table_at(t);
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            rows[table.lines[row]] = describe_row(table, row, index, default_time);
        }
    }
    out += ",\"rows\":[";
    for (const auto& [line, row] : rows) out += (line == rows.begin()->first ? "" : ",") + row;
    std::vector<std::string> errors;
    std::vector<std::string> dropped;
    for (const model::Rejection& each : result.rejections) {
        (each.reason == model::RejectReason::kParse ? errors : dropped).push_back(each.message);
    }
    out += "],\"errors\":";
    append_list(out, errors);
    out += ",\"dropped\":";
    append_list(out, dropped);
    return out + "}\n";
}

}  // namespace

int main(int argc, char** argv) {
    ingest::ParseOptions options;
    options.now = kNow;
    if (argc > 1) {
        options.precision = static_cast<model::Precision>(std::strtoll(argv[1], nullptr, 10));
    }
    ingest::LineProtocolParser parser;
    model::SeriesIndex index;
    std::uint32_t size;
    while (std::fread(&size, sizeof size, 1, stdin) == 1) {
        // Without a terminating zero, so that a sanitizer sees every byte read too far.
        std::vector<char> text(size);
        if (std::fread(text.data(), 1, size, stdin) != size) return 2;
        const std::string_view view(text.data(), size);
        const std::string known = describe(view, options, parser, index);
        ingest::LineProtocolParser fresh_parser(ingest::ParserKernel::kScalar);
        model::SeriesIndex fresh_index;
        const std::string fresh = describe(view, options, fresh_parser, fresh_index);
        if (known != fresh) {
            std::fprintf(stderr, "guessing changed the outcome:\n%s%s", known.c_str(),
                         fresh.c_str());
            return 1;
        }
        std::fwrite(known.data(), 1, known.size(), stdout);
    }
    return 0;
}
