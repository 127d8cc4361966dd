#include "ingest/line_run.h"

#include <bit>

#include "ingest/number_text.h"

namespace sluice::ingest {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool ends_value(char c) {
    return c == ',' || c == ' ' || c == '\n';
}

// Any number of so many decimal digits fits in 64 bits.
constexpr int kDigitsMax = 19;

// Folds digits at `at` into `mantissa`; a negative `left` says that there were too many.
const char* fold_digits(const char* at, const char* end, std::uint64_t& mantissa, int& left) {
    while (at < end && is_digit(*at)) {
        if (--left < 0) return at;
        mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
    }
    return at;
}

}  // namespace

const char* LineRun::read_number(const char* at, const char* end, StagedValue& value) {
    const char* const begin = at;
    const bool negative = *at == '-';
    if (negative) ++at;
    std::uint64_t mantissa = 0;
    int left = kDigitsMax;
    at = fold_digits(at, end, mantissa, left);
    int fraction = 0;
    const char* const whole_end = at;
    if (at < end && *at == '.') {
        at = fold_digits(at + 1, end, mantissa, left);
        fraction = static_cast<int>(at - whole_end) - 1;
    }
    if (at >= end) return nullptr;
    if (ends_value(*at) && left >= 0 && left < kDigitsMax) {
        if (mantissa < kExactMantissaMax && fraction <= kExactPowerMax) {
            const double number = static_cast<double>(mantissa) / kExactPowersOfTen[fraction];
            value.word = std::bit_cast<std::uint64_t>(negative ? -number : number);
            value.type = model::FieldType::kFloat;
            return at;
        }
    }
    while (at < end && !ends_value(*at)) ++at;
    if (at >= end) return nullptr;
    const std::string_view text(begin, static_cast<std::size_t>(at - begin));
    FieldValueText read;
    if (!read_field_value(text, read) || (negative && read.type == model::FieldType::kUnsigned)) {
        return nullptr;
    }
    value.word = read.word;
    value.type = read.type;
    return at;
}

const char* LineRun::read_boolean(const char* at, StagedValue& value) {
    const char* end = at;
    while (end - at < 6 && !ends_value(*end)) ++end;
    FieldValueText read;
    if (!read_field_value({at, static_cast<std::size_t>(end - at)}, read) ||
        read.type != model::FieldType::kBoolean) {
        return nullptr;
    }
    value.word = read.word;
    value.type = model::FieldType::kBoolean;
    return end;
}

void LineRun::stage_escaped(std::string_view escaped, StagedValue& value) {
    char* out = request.batch.text().allocate(escaped.size());
    value.size = static_cast<std::uint32_t>(unescape_string(escaped, out));
    value.word = reinterpret_cast<std::uintptr_t>(out);
}

const char* LineRun::read_time(const char* at, const char* end, std::int64_t& number) {
    const bool negative = *at == '-';
    if (negative) ++at;
    std::uint64_t digits = 0;
    int left = kDigitsMax;
    const char* const first = at;
    at = fold_digits(at, end, digits, left);
    if (at == first || at >= end || *at != '\n') return nullptr;
    if (digits > static_cast<std::uint64_t>(model::kTimestampMax)) return nullptr;
    number = static_cast<std::int64_t>(digits);
    if (negative) number = -number;
    return at;
}

model::SpellingId LineRun::add_series(std::string_view text, std::uint64_t hash) {
    const std::string_view canonical = plain_key.canonical(text);
    if (canonical.empty()) return model::SeriesIndex::kNone;
    const model::SeriesId series = request.index.add_series(canonical);
    if (canonical.data() != text.data()) return request.index.add_spelling(text, hash, series);
    return request.index.find(text, hash);
}

void LineRun::select_table(model::Timestamp time_of_row) {
    shape->use_table(request.batch.table(shape->measurement(), request.shards.find(time_of_row)),
                     request_number);
}

void LineRun::push_staged(const StagedValue& value, std::uint32_t row) {
    ShapeField* field = &shape->fields[value.field];
    if (field->column == ShapeField::kNoColumn || field->type != value.type) {
        field = &shape->resolve(value.field, value.type);
    }
    model::BatchColumn& column = shape->table->columns[field->column];
    switch (value.type) {
        case model::FieldType::kFloat:
        case model::FieldType::kInteger:
        case model::FieldType::kUnsigned:
            column.set_word(row, value.word);
            break;
        case model::FieldType::kString:
            column.set_text(row, {reinterpret_cast<const char*>(value.word), value.size});
            break;
        case model::FieldType::kBoolean:
            column.set_flag(row, value.word != 0);
            break;
    }
}

}  // namespace sluice::ingest
