// What several statements print, and messages quote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/influxql/ast.h"

namespace sluice::influxql {

// Segments joined by dots; a name before the last dot is always quoted
// (influxql/parser.go: QuoteIdent).
std::string quote_segments(const std::vector<std::string>& segments);

std::string print_sources(const std::vector<Source>& sources);
std::string print_regex(const Regex& regex);
// With a leading blank, or empty.
std::string print_dimensions(const std::vector<Expr>& dimensions);
std::string print_order(const std::vector<SortField>& fields);
std::string print_number(std::string_view keyword, std::int64_t value);

}  // namespace sluice::influxql
