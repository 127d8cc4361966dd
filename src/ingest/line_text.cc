#include "sluice/ingest/line_text.h"

#include <bit>
#include <charconv>

namespace sluice::ingest {
namespace {

template <typename T>
void append_number(std::string& out, T value) {
    char text[64];
    const auto written = std::to_chars(text, text + sizeof text, value);
    out.append(text, written.ptr);
}

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
}

}  // namespace

void append_field_key(std::string& out, std::string_view name) {
    append_escaped(out, name, ",=\" ");
    out += '=';
}

void append_number_value(std::string& out, model::FieldType type, std::uint64_t word) {
    if (type == model::FieldType::kFloat) {
        append_number(out, std::bit_cast<double>(word));
    } else if (type == model::FieldType::kInteger) {
        append_number(out, static_cast<std::int64_t>(word));
        out += 'i';
    } else {
        append_number(out, word);
        out += 'u';
    }
}

void append_string_value(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text, "\"\\");
    out += '"';
}

void append_boolean_value(std::string& out, bool value) {
    out += value ? "true" : "false";
}

static void append_value(std::string& out, const model::BatchColumn& column, std::uint32_t row) {
    switch (column.type) {
        case model::FieldType::kFloat:
        case model::FieldType::kInteger:
        case model::FieldType::kUnsigned:
            return append_number_value(out, column.type, column.words[row]);
        case model::FieldType::kString:
            return append_string_value(out, column.texts[row]);
        case model::FieldType::kBoolean:
            return append_boolean_value(out, column.flags[row] != 0);
    }
}

void append_lines(std::string& out, const model::PointBatch& batch,
                  const model::SeriesIndex& index) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        const model::BatchTable& table = batch.table_at(i);
        // A field's name is escaped once and not for every row.
        names.assign(table.column_count, {});
        for (std::uint32_t c = 0; c < table.column_count; ++c) {
            append_field_key(names[c], table.columns[c].name);
        }
        for (std::uint32_t row = 0; row < table.rows(); ++row) {
            out += index.key(table.series[row]);
            char separator = ' ';
            for (std::uint32_t c = 0; c < table.column_count; ++c) {
                if (!table.columns[c].is_valid(row)) continue;
                out += separator;
                out += names[c];
                append_value(out, table.columns[c], row);
                separator = ',';
            }
            out += ' ';
            append_number(out, table.times[row]);
            out += '\n';
        }
    }
}

std::size_t find_row_end(std::string_view lines, std::size_t from) {
    bool in_fields = false;
    bool in_string = false;
    for (std::size_t i = from; i < lines.size(); ++i) {
        const char c = lines[i];
        if (c == '\\') {
            ++i;  // what it escapes means nothing
        } else if (!in_fields) {
            in_fields = c == ' ';
        } else if (c == '"') {
            in_string = !in_string;
        } else if (c == '\n' && !in_string) {
            return i;
        }
    }
    return lines.size();
}

}  // namespace sluice::ingest
