#include "server/export/group_export.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <memory>
#include <utility>

#include "server/export/row_stream.h"
#include "sluice/ingest/line_text.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

// A point with more fields becomes several lines: each field that is read holds a block.
constexpr std::size_t kFieldsPerLine = 1000;

volatile std::sig_atomic_t g_signal = 0;

// The handler only notes it. The export ends between two lines, and removes its copy like any other
// time.
void note_signal(int number) {
    g_signal = number;
}

// Stores keep what each batch said of a point apart, so that the lines are in order of the writes
// also where several stores have some of them.
bool always(std::string_view) {
    return true;
}

struct Stream : RowStream {
    explicit Stream(storage::Scan scan_) : scan(std::move(scan_)) {}

    // False: there are no more.
    io::Task<Result<bool>> step() {
        if (++row < run.rows) co_return true;
        row = 0;
        run.rows = 0;
        co_return co_await scan.next(run);
    }

    storage::Scan scan;
};

void append_value(std::string& out, const storage::ColumnView& column, std::size_t row) {
    switch (column.type) {
        case model::FieldType::kFloat:
        case model::FieldType::kInteger:
        case model::FieldType::kUnsigned:
            return ingest::append_number_value(out, column.type, column.words[row]);
        case model::FieldType::kString:
            return ingest::append_string_value(out, column.texts[row]);
        case model::FieldType::kBoolean:
            return ingest::append_boolean_value(out, column.flags[row] != 0);
    }
}

// False: the row has none of these fields.
bool append_line(std::string& out, const Stream& stream, const std::vector<std::string>& keys) {
    const std::size_t begin = out.size();
    out += stream.run.series_key;
    char separator = ' ';
    for (std::size_t c = 0; c < keys.size(); ++c) {
        const storage::ColumnView& column = stream.run.columns[c];
        if (!column.is_valid(stream.row)) continue;
        out += separator;
        out += keys[c];
        append_value(out, column, stream.row);
        separator = ',';
    }
    if (separator == ' ') {
        out.resize(begin);
        return false;
    }
    char time[24];
    const auto written = std::to_chars(time, time + sizeof time, stream.run.times[stream.row]);
    out += ' ';
    out.append(time, written.ptr);
    out += '\n';
    return true;
}

// Lines come by series, time and sequence. A point that several batches wrote is several lines, the
// oldest first: whoever imports them ends with the newest value of each field, and nothing has to
// be made one here. There are few stores, so the least is found by looking at each.
io::Task<Result<void>> merge(std::vector<std::unique_ptr<Stream>>& streams,
                             std::vector<std::string> keys, LineFile& out, ExportSum& sum) {
    while (!streams.empty()) {
        const auto next =
            std::min_element(streams.begin(), streams.end(),
                             [](const auto& a, const auto& b) { return a->is_before(*b); });
        if (append_line(out.text(), **next, keys)) ++sum.lines;
        SLUICE_CO_TRY_VOID(out.write_if_full());
        if (is_ended_by_signal()) {
            co_return Error{ErrorKind::kCancelled, "ended by a signal: the export is not whole"};
        }
        SLUICE_CO_TRY(const bool more, co_await (*next)->step());
        if (more) continue;
        sum.blocks_missing += (*next)->scan.blocks_missing();
        streams.erase(next);
    }
    co_return Result<void>();
}

// All stores of the directory, whichever core they would be dealt to: a series may lie in any.
io::Task<Result<void>> export_fields(const std::vector<storage::Store*>& stores,
                                     storage::ScanSpec spec, LineFile& out, ExportSum& sum) {
    std::vector<std::string> keys(spec.fields.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        ingest::append_field_key(keys[i], spec.fields[i]);
    }
    std::vector<std::unique_ptr<Stream>> streams;
    for (storage::Store* store : stores) {
        auto stream = std::make_unique<Stream>(store->scan(spec));
        SLUICE_CO_TRY(const bool any, co_await stream->step());
        if (any) {
            streams.push_back(std::move(stream));
        } else {
            sum.blocks_missing += stream->scan.blocks_missing();
        }
    }
    co_return co_await merge(streams, std::move(keys), out, sum);
}

}  // namespace

io::Task<Result<void>> export_group(const std::vector<storage::Store*>& stores,
                                    const meta::ShardGroup& group, const ExportSelection& selection,
                                    LineFile& out, ExportSum& sum) {
    std::vector<const meta::MeasurementSchema*> schemas;
    group.measurements.for_each([&](const meta::MeasurementSchema& schema) {
        if (selection.has(schema)) schemas.push_back(&schema);
    });
    std::sort(schemas.begin(), schemas.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const meta::MeasurementSchema* schema : schemas) {
        const std::span<const meta::Field> fields = schema->fields();
        for (std::size_t begin = 0; begin < fields.size(); begin += kFieldsPerLine) {
            storage::ScanSpec spec;
            spec.group = group.id;
            spec.measurement = schema->name;
            spec.range = selection.range;
            spec.with_sequences = true;
            spec.keeps_apart = always;
            const std::size_t end = std::min(fields.size(), begin + kFieldsPerLine);
            for (std::size_t i = begin; i < end; ++i) spec.fields.push_back(fields[i].name);
            SLUICE_CO_TRY_VOID(co_await export_fields(stores, std::move(spec), out, sum));
        }
    }
    co_return Result<void>();
}

void end_at_signals() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, note_signal);
}

bool is_ended_by_signal() {
    return g_signal != 0;
}

}  // namespace sluice::server
