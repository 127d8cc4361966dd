// InfluxQL: any bytes end without a fault, and printing is the normal form: what was understood
// prints as a text that reads back and prints as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sluice/influxql/condition.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/influxql/reduce.h"

namespace {

using namespace sluice::influxql;

constexpr TimeLiteral kNow{1'600'000'000, 0};

// Statements that do not print what they were made of: passwords.
bool has_secret(const Statement& statement) {
    return std::holds_alternative<CreateUserStatement>(statement) ||
           std::holds_alternative<SetPasswordStatement>(statement);
}

// A blank name cannot be told from an absent one in every place.
bool has_blank_name(std::string_view printed) {
    return printed.find("\"\"") != std::string_view::npos;
}

void check_normal_form(const Statement& statement) {
    const std::string printed = to_string(statement);
    if (has_secret(statement) || has_blank_name(printed)) return;
    const auto again = parse_query(printed);
    if (!again.ok() || again->size() != 1 || to_string(again->front()) != printed) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto expr = parse_expression(text); expr.ok()) {
        (void)to_string(reduce(*expr, kNow));
        (void)split_condition(ExprBox(*expr), kNow);
    }
    const auto parsed = parse_query(text);
    if (!parsed.ok()) return 0;
    for (const Statement& statement : *parsed) {
        check_normal_form(statement);
        if (const auto* select = std::get_if<SelectStatement>(&statement)) {
            (void)split_condition(select->condition, kNow);
        }
    }
    return 0;
}
