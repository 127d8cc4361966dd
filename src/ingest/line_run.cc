#include "ingest/line_run.h"

#include <bit>

#include "ingest/digits.h"
#include "ingest/number_text.h"
#include "sluice/base/bytes.h"

namespace sluice::ingest {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Any number of so many decimal digits fits in 64 bits.
constexpr int kDigitsMax = 19;

// Folds digits at `at` into `mantissa`; a negative `left` says that there were too many.
const char* fold_digits(const char* at, const char* end, std::uint64_t& mantissa, int& left) {
    while (end - at >= 8 && left >= 8) {
        const std::uint64_t digits = digits_of(load_le<std::uint64_t>(at));
        if (non_digits(digits) != 0) break;
        mantissa = mantissa * 100'000'000 + eight_digits(digits);
        left -= 8;
        at += 8;
    }
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
    const char* const whole_end = at;
    int fraction = 0;
    if (at < end && *at == '.') {
        at = fold_digits(at + 1, end, mantissa, left);
        fraction = static_cast<int>(at - whole_end) - 1;
    }
    if (at + 1 >= end) return nullptr;
    if (left >= 0 && left < kDigitsMax) {
        if (ends_value(*at) && mantissa < kExactMantissaMax && fraction <= kExactPowerMax) {
            const double number = static_cast<double>(mantissa) / kExactPowersOfTen[fraction];
            value.word = std::bit_cast<std::uint64_t>(negative ? -number : number);
            value.type = model::FieldType::kFloat;
            return at;
        }
        // Up to 18 digits cannot leave the range.
        if (*at == 'i' && at == whole_end && left > 0 && ends_value(at[1])) {
            value.word = negative ? std::uint64_t{0} - mantissa : mantissa;
            value.type = model::FieldType::kInteger;
            return at + 1;
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
    const char first = *at;
    const bool is_true = first == 't' || first == 'T';
    if (!is_true && first != 'f' && first != 'F') return nullptr;
    value.word = is_true;
    value.type = model::FieldType::kBoolean;
    if (ends_value(at[1])) return at + 1;
    const std::string_view text(at, is_true ? 4 : 5);
    for (const std::string_view name : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
        if (text == name) return ends_value(at[text.size()]) ? at + text.size() : nullptr;
    }
    return nullptr;
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

}  // namespace sluice::ingest
