// RowPlaces gives every value that the columns of a SELECT refer to a place in the working row:
// names, and calls of functions that need more than the row itself. What is written alike has the
// same place (query/select.go: valueMapper).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "sluice/influxql/expr.h"

namespace sluice::query {

// A value of the working row.
struct Place {
    std::uint32_t number = 0;
    influxql::DataType type = influxql::DataType::kUnknown;
};

class RowPlaces {
public:
    // Returns the place of a name or a call, and whether it was given to it just now.
    std::pair<Place, bool> add(const influxql::Expr& expr);
    // Returns nothing for an expression that was never added.
    std::optional<std::uint32_t> find(const influxql::Expr& expr) const;
    // The width of the working row: places are numbered from 0 without gaps.
    std::uint32_t count() const { return static_cast<std::uint32_t>(places_.size()); }

private:
    std::map<std::string, Place> places_;  // by what is written
};

}  // namespace sluice::query
