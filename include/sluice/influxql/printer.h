// Statements back to text. Parsing the text gives the same statement again.
#pragma once

#include <string>
#include <string_view>

#include "sluice/influxql/ast.h"

namespace sluice::influxql {

std::string to_string(const Expr& expr);
std::string to_string(const Measurement& measurement);
std::string to_string(const Source& source);
std::string to_string(const SelectStatement& select);
std::string to_string(const Statement& statement);

// 'text' with \n, \\ and \' escaped.
std::string quote_string(std::string_view text);
// The name as it is where that is possible, else in double quotes.
std::string quote_identifier(std::string_view name);
bool identifier_needs_quotes(std::string_view name);

}  // namespace sluice::influxql
