#include "ingest/careful_path.h"

#include <algorithm>

#include "ingest/series_text.h"
#include "sluice/base/hash.h"
#include "sluice/model/errors.h"

namespace sluice::ingest {
namespace {

using model::FieldType;
using model::RejectReason;
using model::SeriesIndex;

void set_value(model::BatchTable& table, std::uint32_t row, const std::string& name,
               const FieldValueText& value) {
    model::BatchColumn& column = table.column(name, value.type);
    switch (value.type) {
        case FieldType::kFloat:
        case FieldType::kInteger:
        case FieldType::kUnsigned:
            column.set_word(row, value.word);
            break;
        case FieldType::kString:
            column.set_text(row, value.text);
            break;
        case FieldType::kBoolean:
            column.set_flag(row, value.word != 0);
            break;
    }
}

}  // namespace

CarefulLine CarefulPath::parse(Request& request, std::string_view line, std::uint32_t number) {
    const std::size_t start = skip_blanks(line, 0);
    if (start >= line.size() || line[start] == '#') return {};
    line.remove_prefix(start);
    // Only a line with unbalanced quotes at the end of the body ends in a newline.
    if (line.back() == '\n') line.remove_suffix(1);

    std::string why = scan_point(line, point_);
    model::Timestamp time = request.default_time;
    if (why.empty() && !point_.timestamp.empty()) {
        why = read_timestamp(line, point_, request.options.precision, time);
    }
    if (why.empty()) read_values(why);
    if (!why.empty()) {
        request.rejections.refuse(number, line, why);
        return {.is_malformed = true};
    }
    if (!request.shards.takes(time)) {
        const model::WriteBounds* const bounds = request.shards.bounds();
        if (bounds != nullptr) make_canonical_key(point_, key_);
        request.rejections.drop_beyond_retention(number, bounds, key_, time);
        return {};
    }
    if (!is_storable(request, number)) return {};
    return add(request, time, number);
}

void CarefulPath::read_values(std::string& why) {
    value_count_ = 0;
    for (const FieldText& field : point_.fields) {
        if (value_count_ == values_.size()) values_.emplace_back();
        Value& value = values_[value_count_];
        if (field.name.empty()) {
            why = "missing field key";
            return;
        }
        if (!read_field_value(field.value, value.value)) {
            why = "invalid value: field-key=" + std::string(field.name);
            return;
        }
        value.name = unescape_name(field.name);
        ++value_count_;
    }
}

bool CarefulPath::is_storable(Request& request, std::uint32_t number) {
    // The order of InfluxDB's Shard.validateSeriesAndFields.
    const auto refuse = [&](RejectReason reason, std::string message) {
        request.rejections.drop(reason, number, std::move(message));
        return false;
    };
    const auto place = [&] {
        return " on measurement \"" + unescape_name(point_.measurement) + "\" is ";
    };
    if (has_time_tag(point_)) {
        return refuse(RejectReason::kInvalidName,
                      "invalid tag key: input tag \"time\"" + place() + "invalid");
    }
    // Fields called time are left out silently, unless nothing else remains.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < value_count_; ++i) {
        if (values_[i].name == "time") continue;
        if (kept != i) std::swap(values_[kept], values_[i]);
        ++kept;
    }
    value_count_ = kept;
    if (kept == 0) {
        return refuse(RejectReason::kInvalidName,
                      "invalid field name: input field \"time\"" + place() + "invalid");
    }
    const std::size_t bytes_max = request.options.string_bytes_max;
    for (std::size_t i = 0; i < value_count_; ++i) {
        const FieldValueText& value = values_[i].value;
        if (value.type != FieldType::kString || value.text.size() <= bytes_max) continue;
        std::string unescaped(value.text.size(), '\0');
        const std::size_t size = unescape_string(value.text, unescaped.data());
        if (size <= bytes_max) continue;
        return refuse(RejectReason::kLimit, "input field \"" + values_[i].name + "\"" + place() +
                                                "too long, " + std::to_string(size) + " > " +
                                                std::to_string(bytes_max));
    }
    make_canonical_key(point_, key_);
    if (key_.size() > kKeyBytesMax) {
        return refuse(RejectReason::kLimit, model::key_too_long(key_.size(), kKeyBytesMax));
    }
    return true;
}

void CarefulPath::unescape_strings(model::PointBatch& batch) {
    for (std::size_t i = 0; i < value_count_; ++i) {
        FieldValueText& value = values_[i].value;
        if (value.type != FieldType::kString) continue;
        if (value.text.find('\\') == std::string_view::npos) continue;
        char* out = batch.text().allocate(value.text.size());
        value.text = {out, unescape_string(value.text, out)};
    }
}

CarefulLine CarefulPath::add(Request& request, model::Timestamp time, std::uint32_t number) {
    SeriesIndex& index = request.index;
    const bool is_guessable = is_settled(point_.key);
    const std::uint64_t hash = hash_bytes(point_.key);
    model::SpellingId spelling = is_guessable ? index.find(point_.key, hash) : SeriesIndex::kNone;
    model::SeriesId series;
    if (spelling != SeriesIndex::kNone) {
        series = index.spelling(spelling).series;
    } else {
        series = index.add_series(key_);
        if (is_guessable) {
            spelling = index.find(point_.key, hash);
            if (spelling == SeriesIndex::kNone) {
                spelling = index.add_spelling(point_.key, hash, series);
            }
        }
    }

    unescape_strings(request.batch);
    model::BatchTable& table =
        request.batch.table(index.measurement(series), request.shards.find(time));
    const std::uint32_t row = table.rows();
    table.series.push_back(series);
    table.times.push_back(time);
    table.lines.push_back(number);
    for (std::size_t i = 0; i < value_count_; ++i) {
        set_value(table, row, values_[i].name, values_[i].value);
    }
    ++request.result.rows;
    request.result.is_too_sparse = table.cell_count() > request.cells_max;
    return {.spelling = spelling};
}

}  // namespace sluice::ingest
