// Quoting for messages and printed statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::influxql {

// Segments joined by dots; a name before the last dot is always quoted
// (influxql/parser.go: QuoteIdent).
std::string quote_segments(const std::vector<std::string>& segments);

}  // namespace sluice::influxql
