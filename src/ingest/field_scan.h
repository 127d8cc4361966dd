// The field section of a line: where it ends and whether InfluxDB lets it pass (scanFields).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ingest/number_text.h"

namespace sluice::ingest {

class FieldScan {
public:
    // `start` is the first byte of the section.
    FieldScan(std::string_view line, std::size_t start) : line_(line), start_(start), at_(start) {}

    // InfluxDB's words for what is wrong, or an empty string.
    std::string run();

    std::size_t end() const { return at_; }
    std::string_view fields() const { return line_.substr(start_, at_ - start_); }

private:
    // Both start at the first byte of a value and leave at_ on the comma or space after it.
    std::string scan_number();
    const char* scan_boolean();
    // At an equals sign outside of quotes.
    std::string scan_value();

    struct NumberShape {
        bool is_integer = false;
        bool is_unsigned = false;
        bool has_point = false;
        bool is_scientific = false;
    };
    bool scan_number_bytes(NumberShape& shape);

    std::string_view line_;
    std::size_t start_;
    std::size_t at_;
    std::size_t equals_ = 0;
    std::size_t commas_ = 0;
};

// As Go prints a *strconv.NumError.
std::string describe_number_error(std::string_view function, std::string_view text,
                                  NumberStatus status);

}  // namespace sluice::ingest
