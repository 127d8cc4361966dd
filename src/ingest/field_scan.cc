#include "ingest/field_scan.h"

namespace sluice::ingest {
namespace {

constexpr const char* kInvalidNumber = "invalid number";

bool is_numeric(char c) {
    return (c >= '0' && c <= '9') || c == '.';
}

}  // namespace

std::string describe_number_error(std::string_view function, std::string_view text,
                                  NumberStatus status) {
    std::string words = "strconv.";
    words += function;
    words += ": parsing \"";
    words += text;
    words += status == NumberStatus::kRange ? "\": value out of range" : "\": invalid syntax";
    return words;
}

std::string FieldScan::run() {
    bool quoted = false;
    while (at_ < line_.size()) {
        const char c = line_[at_];
        if (c == '\\' && at_ + 1 < line_.size()) {
            at_ += 2;
            continue;
        }
        // Quotes mean something in values only.
        if (c == '"' && equals_ > commas_) {
            quoted = !quoted;
            ++at_;
            continue;
        }
        if (c == '=' && !quoted) {
            const std::size_t before = at_;
            if (std::string error = scan_value(); !error.empty()) return error;
            if (at_ != before) continue;
        }
        if (c == ',' && !quoted) ++commas_;
        if (c == ' ' && !quoted) break;
        ++at_;
    }
    if (quoted) return "unbalanced quotes";
    if (equals_ == 0 || commas_ != equals_ - 1) return "invalid field format";
    return {};
}

std::string FieldScan::scan_value() {
    ++equals_;
    const char before = line_[at_ - 1];
    if ((before == ' ' || before == ',') && line_[at_ - 2] != '\\') return "missing field key";
    if (at_ + 1 >= line_.size()) return "missing field value";
    const char first = line_[at_ + 1];
    if (first == ',' || first == ' ') return "missing field value";
    // The quote is met again by run().
    if (first == '"') return {};
    ++at_;
    if (is_numeric(first) || first == '-' || first == 'N' || first == 'n') return scan_number();
    const char* error = scan_boolean();
    return error == nullptr ? std::string() : std::string(error);
}

bool FieldScan::scan_number_bytes(NumberShape& shape) {
    const std::size_t start = at_;
    if (line_[at_] == '-') {
        ++at_;
        if (at_ == line_.size()) return false;
    }
    for (; at_ < line_.size() && line_[at_] != ',' && line_[at_] != ' '; ++at_) {
        const char c = line_[at_];
        const bool has_suffix = shape.is_integer || shape.is_unsigned;
        if (c == 'i' && at_ > start && !has_suffix) {
            shape.is_integer = true;
            continue;
        }
        if (c == 'u' && at_ > start && !has_suffix) {
            shape.is_unsigned = true;
            continue;
        }
        if (c == '.') {
            if (shape.has_point) return false;
            shape.has_point = true;
        }
        if (at_ > start && (c == 'e' || c == 'E')) {
            shape.is_scientific = true;
            continue;
        }
        if ((c == '+' || c == '-') && (line_[at_ - 1] == 'e' || line_[at_ - 1] == 'E')) continue;
        if (!is_numeric(c)) return false;
    }
    return true;
}

std::string FieldScan::scan_number() {
    const std::size_t start = at_;
    NumberShape shape;
    if (!scan_number_bytes(shape)) return kInvalidNumber;
    if ((shape.is_integer || shape.is_unsigned) && (shape.has_point || shape.is_scientific)) {
        return kInvalidNumber;
    }
    const bool negative = line_[start] == '-';
    const std::size_t size = at_ - start;
    if (size == std::size_t{shape.is_integer} + shape.has_point + negative) return kInvalidNumber;
    const std::string_view text = line_.substr(start, size);
    const std::string_view digits = text.substr(0, size - 1);
    if (shape.is_integer) {
        if (text.back() != 'i') return kInvalidNumber;
        std::int64_t value;
        const NumberStatus status = parse_integer(digits, value);
        if (status == NumberStatus::kOk) return {};
        return "unable to parse integer " + std::string(digits) + ": " +
               describe_number_error("ParseInt", digits, status);
    }
    if (shape.is_unsigned) {
        if (text.back() != 'u' || negative) return kInvalidNumber;
        std::uint64_t value;
        const NumberStatus status = parse_unsigned(digits, value);
        if (status == NumberStatus::kOk) return {};
        return "unable to parse unsigned " + std::string(digits) + ": " +
               describe_number_error("ParseUint", digits, status);
    }
    double value;
    return parse_float(text, value) == NumberStatus::kOk ? "" : "invalid float";
}

const char* FieldScan::scan_boolean() {
    const std::size_t start = at_;
    const std::size_t end = line_.find_first_of(", ", at_ + 1);
    at_ = end == std::string_view::npos ? line_.size() : end;
    const std::string_view text = line_.substr(start, at_ - start);
    for (const std::string_view name :
         {"t", "T", "f", "F", "true", "True", "TRUE", "false", "False", "FALSE"}) {
        if (text == name) return nullptr;
    }
    return "invalid boolean";
}

}  // namespace sluice::ingest
