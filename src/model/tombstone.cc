#include "sluice/model/tombstone.h"

#include <algorithm>

namespace sluice::model {
namespace {

constexpr std::uint8_t kName = 0;
constexpr std::uint8_t kRegex = 1;

bool read_pattern(ByteReader& in, MeasurementPattern& out) {
    const auto form = in.read<std::uint8_t>();
    out.text = in.read_text();
    if (!in.ok() || form > kRegex) return false;
    if (form == kName) return true;
    Result<Regex> regex = Regex::compile(out.text);
    if (regex.ok()) out.regex = std::move(*regex);
    return regex.ok();
}

// What the tombstone is about, in bytes: measurements, then series.
void write_selection(const Tombstone& tombstone, ByteWriter& out) {
    out.write_varint(tombstone.measurements.size());
    for (const MeasurementPattern& each : tombstone.measurements) {
        out.write(each.regex ? kRegex : kName);
        out.write_text(each.text);
    }
    tombstone.series.write(out);
}

}  // namespace

bool Tombstone::names(std::string_view measurement) const {
    return measurements.empty() ||
           std::any_of(measurements.begin(), measurements.end(),
                       [&](const MeasurementPattern& each) { return each.matches(measurement); });
}

bool Tombstone::subsumes(const Tombstone& other) const {
    if (sequence < other.sequence || last_group < other.last_group ||
        range.begin > other.range.begin || range.end < other.range.end ||
        (!policy.empty() && policy != other.policy)) {
        return false;
    }
    if (series.is_all()) {
        const bool all_named =
            measurements.empty() ||
            (!other.measurements.empty() &&
             std::all_of(other.measurements.begin(), other.measurements.end(),
                         [this](const auto& each) { return !each.regex && names(each.text); }));
        if (all_named) return true;
    }
    ByteWriter ours;
    ByteWriter theirs;
    write_selection(*this, ours);
    write_selection(other, theirs);
    return std::ranges::equal(ours.span(), theirs.span());
}

void Tombstone::write(ByteWriter& out) const {
    out.write_varint(sequence);
    out.write_varint(last_group);
    out.write(range.begin);
    out.write(range.end);
    write_selection(*this, out);
}

bool Tombstone::read(ByteReader& in, Tombstone& out) {
    out.sequence = in.read_varint();
    out.last_group = in.read_varint();
    out.range.begin = in.read<Timestamp>();
    out.range.end = in.read<Timestamp>();
    const std::uint64_t count = in.read_varint();
    // A pattern takes two bytes at least.
    if (!in.ok() || count > in.remaining() / 2) return false;
    out.measurements.resize(count);
    for (MeasurementPattern& each : out.measurements) {
        if (!read_pattern(in, each)) return false;
    }
    return SeriesPredicate::read(in, out.series);
}

std::string Tombstone::text() const {
    std::string text = "sequence " + std::to_string(sequence) + ", groups up to " +
                       std::to_string(last_group) + ", times " + std::to_string(range.begin) +
                       " to " + std::to_string(range.end - 1);
    if (!policy.empty()) text += ", of policy " + policy;
    for (const MeasurementPattern& each : measurements) {
        text += &each == &measurements.front() ? ", from " : ", ";
        text += each.regex ? "/" + each.text + "/" : each.text;
    }
    if (!series.is_all()) text += ", where " + series.text();
    return text;
}

}  // namespace sluice::model
