#include "storage/segment/segment_format.h"

#include <bit>
#include <cmath>

#include "sluice/base/crc32c.h"
#include "sluice/base/zigzag.h"

namespace sluice::storage {
namespace {

using codec::ColumnStatistics;
using model::FieldType;

// How first, last, min and max are written; up to kDigitsMax: integers over 10^form.
constexpr std::uint8_t kWordForm = 0x40;
constexpr std::uint8_t kRawForm = 0x41;
constexpr unsigned kDigitsMax = 6;
constexpr double kPowers[kDigitsMax + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
// Integers up to here survive the multiplication and llround() exactly.
constexpr double kDecimalMax = 0x1p50;

struct Extremes {
    std::uint64_t words[4];  // first, last, min, max
};

std::uint64_t from_decimal(std::uint64_t integer, unsigned digits) {
    return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(integer)) /
                                        kPowers[digits]);
}

// All four as integers over 10^digits, or false when one is not such a number.
bool to_decimals(const Extremes& from, unsigned digits, Extremes& to) {
    for (int i = 0; i < 4; ++i) {
        const double scaled = std::bit_cast<double>(from.words[i]) * kPowers[digits];
        if (!(std::fabs(scaled) < kDecimalMax)) return false;
        to.words[i] = static_cast<std::uint64_t>(std::llround(scaled));
        if (from_decimal(to.words[i], digits) != from.words[i]) return false;
    }
    return true;
}

std::uint8_t choose_form(FieldType type, Extremes& extremes) {
    if (type != FieldType::kFloat) return kWordForm;
    Extremes decimals{};
    for (unsigned digits = 0; digits <= kDigitsMax; ++digits) {
        if (!to_decimals(extremes, digits, decimals)) continue;
        extremes = decimals;
        return static_cast<std::uint8_t>(digits);
    }
    return kRawForm;
}

std::uint64_t zigzag(std::uint64_t word) {
    return zigzag_encode(static_cast<std::int64_t>(word));
}
std::uint64_t unzigzag(std::uint64_t value) {
    return static_cast<std::uint64_t>(zigzag_decode(value));
}

void append_extremes(ByteWriter& out, FieldType type, Extremes extremes) {
    const std::uint8_t form = choose_form(type, extremes);
    out.write(form);
    const std::uint64_t first = extremes.words[0];
    for (int i = 0; i < 4; ++i) {
        if (form == kRawForm) {
            out.write(extremes.words[i]);
        } else {
            out.write_varint(zigzag(extremes.words[i] - (i == 0 ? 0 : first)));
        }
    }
}

bool read_extremes(ByteReader& in, FieldType type, Extremes& extremes) {
    const auto form = in.read<std::uint8_t>();
    const bool decimal = form <= kDigitsMax && type == FieldType::kFloat;
    if (!decimal && form != kWordForm && form != kRawForm) return false;
    std::uint64_t first = 0;
    for (int i = 0; i < 4; ++i) {
        if (form == kRawForm) {
            extremes.words[i] = in.read<std::uint64_t>();
            continue;
        }
        extremes.words[i] = unzigzag(in.read_varint()) + first;
        if (i == 0) first = extremes.words[0];
    }
    if (decimal) {
        for (std::uint64_t& word : extremes.words) word = from_decimal(word, form);
    }
    return in.ok();
}

}  // namespace

void seal(ByteWriter& out, std::size_t start) {
    out.write(crc32c(out.span().subspan(start)));
}

ByteSpan unseal(ByteSpan sealed) {
    if (sealed.size() <= kChecksumBytes) return {};
    const ByteSpan body = sealed.first(sealed.size() - kChecksumBytes);
    return crc32c(body) == load_le<std::uint32_t>(sealed.data() + body.size()) ? body : ByteSpan();
}

void append_statistics(ByteWriter& out, FieldType type, std::uint32_t rows,
                       const ColumnStatistics& s) {
    SLUICE_CHECK(s.count > 0 && s.count <= rows);
    out.write_varint(rows - s.count);
    if (s.count != rows) {
        out.write_varint(s.first_row);
        out.write_varint(rows - 1 - s.last_row);
    }
    if (type == FieldType::kString) return;
    out.write_varint(s.min_row);
    out.write_varint(s.max_row);
    append_extremes(out, type, {{s.first, s.last, s.min, s.max}});
    if (type == FieldType::kFloat) {
        out.write(s.sum);
    } else {
        out.write_varint(zigzag(s.sum));
    }
}

bool read_statistics(ByteReader& in, FieldType type, std::uint32_t rows, ColumnStatistics& s) {
    s = {};
    const std::uint64_t nulls = in.read_varint();
    if (nulls >= rows) return false;
    s.count = rows - static_cast<std::uint32_t>(nulls);
    const std::uint64_t first_row = nulls == 0 ? 0 : in.read_varint();
    const std::uint64_t after_last = nulls == 0 ? 0 : in.read_varint();
    if (first_row >= rows || after_last >= rows) return false;
    s.first_row = static_cast<std::uint32_t>(first_row);
    s.last_row = static_cast<std::uint32_t>(rows - 1 - after_last);
    if (type == FieldType::kString) return in.ok();
    const std::uint64_t min_row = in.read_varint();
    const std::uint64_t max_row = in.read_varint();
    if (min_row >= rows || max_row >= rows) return false;
    s.min_row = static_cast<std::uint32_t>(min_row);
    s.max_row = static_cast<std::uint32_t>(max_row);
    Extremes extremes{};
    if (!read_extremes(in, type, extremes)) return false;
    s.first = extremes.words[0];
    s.last = extremes.words[1];
    s.min = extremes.words[2];
    s.max = extremes.words[3];
    s.sum = type == FieldType::kFloat ? in.read<std::uint64_t>() : unzigzag(in.read_varint());
    return in.ok();
}

}  // namespace sluice::storage
