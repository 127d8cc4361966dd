// The predicate of a delete by the 2.x API (InfluxDB 2: predicate/parser.go): comparisons of tags
// with values, joined by AND.
//
//     _measurement = "cpu" AND (host = "a" AND region = eu-west)
#pragma once

#include <string_view>

#include "sluice/base/result.h"
#include "sluice/model/tombstone.h"

namespace sluice::server {

// Puts measurements and series of `predicate` into `tombstone`. An empty one is about everything.
// kInvalid with InfluxDB's words where it has some: OR, != and regular expressions are not
// supported there either. Deletes of single fields are refused.
Result<void> read_delete_predicate(std::string_view predicate, model::Tombstone& tombstone);

}  // namespace sluice::server
