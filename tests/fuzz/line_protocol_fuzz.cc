// Line protocol from strangers: every kernel must make the same batch, and the fast path what the
// careful path makes.
//
// The first byte chooses precision, retention and shard length; the rest is the body. Every kernel
// parses it twice in a row against one index, the second time with everything guessed right; the
// careful path alone is the authority.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/careful_path.h"
#include "ingest/point_text.h"
#include "sluice/ingest/line_protocol.h"

namespace {

using namespace sluice;
using ingest::LineProtocolParser;
using ingest::ParseOptions;
using ingest::ParseResult;
using ingest::ParserKernel;

void append(std::string& out, const void* bytes, std::size_t size) {
    out.append(static_cast<const char*>(bytes), size);
}

template <typename T>
void append(std::string& out, T value) {
    append(out, &value, sizeof value);
}

// Rows by line: key, time and the fields that are set, names and types included.
std::vector<std::string> rows_of(const model::PointBatch& batch, const model::SeriesIndex& index,
                                 std::uint32_t lines) {
    std::vector<std::string> rows(lines + 1);
    for (std::size_t t = 0; t < batch.table_count(); ++t) {
        const model::BatchTable& table = batch.table_at(t);
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            std::string& text = rows[table.lines[row]];
            text += index.key(table.series[row]);
            text += '\0';
            text += index.measurement_name(table.measurement);
            append(text, table.times[row]);
            append(text, table.shard.range.begin);
            std::vector<std::string> fields;
            for (std::uint32_t c = 0; c < table.column_count; ++c) {
                const model::BatchColumn& column = table.columns[c];
                if (!column.is_valid(row)) continue;
                std::string field = column.name;
                append(field, column.type);
                if (column.type == model::FieldType::kString) {
                    field += column.texts[row];
                } else if (column.type == model::FieldType::kBoolean) {
                    append(field, column.flags[row]);
                } else {
                    append(field, column.words[row]);
                }
                fields.push_back(std::move(field));
            }
            std::sort(fields.begin(), fields.end());
            for (const std::string& field : fields) text += '\1' + field;
        }
    }
    return rows;
}

struct Outcome {
    ParseResult result;
    std::vector<std::string> rows;
};

bool same(const Outcome& a, const Outcome& b) {
    if (a.rows != b.rows || a.result.rows != b.result.rows || a.result.lines != b.result.lines ||
        a.result.rejected != b.result.rejected || a.result.dropped != b.result.dropped ||
        a.result.beyond_retention != b.result.beyond_retention ||
        a.result.rejections.size() != b.result.rejections.size()) {
        return false;
    }
    for (std::size_t i = 0; i < a.result.rejections.size(); ++i) {
        const model::Rejection& x = a.result.rejections[i];
        const model::Rejection& y = b.result.rejections[i];
        if (x.reason != y.reason || x.line != y.line || x.message != y.message) return false;
    }
    return true;
}

struct Setting {
    ParseOptions options;
    model::ShardMap shards;
};

Setting setting_of(std::uint8_t choice) {
    static constexpr model::Precision kPrecisions[] = {
        model::Precision::kNanosecond,  model::Precision::kMicrosecond,
        model::Precision::kMillisecond, model::Precision::kSecond,
        model::Precision::kMinute,      model::Precision::kHour};
    Setting setting;
    setting.options.precision = kPrecisions[(choice & 7) % 6];
    setting.options.now = 1'700'000'000'123'456'789;
    const model::Timestamp time_min = (choice & 8) != 0 ? 1'000'000'000 : model::kTimestampMin;
    setting.shards = model::ShardMap({}, (choice & 16) != 0 ? kHourNs : kWeekNs, time_min);
    return setting;
}

Outcome parse(LineProtocolParser& parser, std::string_view body, const Setting& setting,
              model::SeriesIndex& index) {
    model::PointBatch batch;
    Outcome outcome;
    outcome.result = parser.parse(body, setting.options, setting.shards, index, batch);
    outcome.rows = rows_of(batch, index, outcome.result.lines);
    return outcome;
}

// The same body by the careful path alone.
Outcome parse_carefully(std::string_view body, const Setting& setting) {
    model::SeriesIndex index;
    model::PointBatch batch;
    Outcome outcome;
    ingest::RejectionList rejections(outcome.result, false);
    const auto unit = static_cast<std::int64_t>(setting.options.precision);
    ingest::Request request{setting.options,
                            setting.shards,
                            index,
                            batch,
                            outcome.result,
                            rejections,
                            model::truncate_as_go(setting.options.now, unit),
                            ingest::kCellsMax};
    ingest::CarefulPath careful;
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t end = ingest::find_line_end(body, at);
        careful.parse(request, body.substr(at, end - at), ++outcome.result.lines);
        at = end + 1;
    }
    batch.finish();
    outcome.rows = rows_of(batch, index, outcome.result.lines);
    return outcome;
}

void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "differs: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 32 * 1024) return 0;
    const Setting setting = setting_of(data[0]);
    // An allocation of its own: reading one byte too far is seen.
    const auto bytes = std::make_unique<char[]>(size - 1);
    std::memcpy(bytes.get(), data + 1, size - 1);
    const std::string_view body(bytes.get(), size - 1);

    const Outcome careful = parse_carefully(body, setting);
    std::vector<Outcome> first;
    for (const ParserKernel kernel :
         {ParserKernel::kScalar, ParserKernel::kAvx2, ParserKernel::kAvx512}) {
        if (!ingest::is_parser_kernel_available(kernel)) continue;
        LineProtocolParser parser(kernel);
        model::SeriesIndex index;
        Outcome cold = parse(parser, body, setting, index);
        const Outcome warm = parse(parser, body, setting, index);
        check(same(cold, warm), "the same body, parsed again");
        check(same(cold, careful), "fast and careful path");
        first.push_back(std::move(cold));
        check(same(first.front(), first.back()), "kernels");
    }
    return 0;
}
