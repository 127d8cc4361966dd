// What a SELECT INTO does not write because a field has several types: a statement reads it in one.
//
// InfluxDB says nothing about the others; here the result carries a message.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/compile/select_node.h"
#include "sluice/influxql/ast.h"
#include "sluice/meta/catalog.h"

namespace sluice::query {

struct LeftOutValues {
    std::string field;
    influxql::DataType read_as = influxql::DataType::kUnknown;
    influxql::DataType type = influxql::DataType::kUnknown;  // that is not brought to `read_as`
    std::uint64_t count = 0;
};

// By field and type, without their counts. Empty where fields have one type, and where what is
// written is not the values themselves or not all of them: functions, subqueries, LIMIT.
std::vector<LeftOutValues> find_left_out(const SelectNode& node, const meta::Catalog& catalog);

// The statement whose columns are their counts, in that order; `select` is the one that wrote.
influxql::SelectStatement counting_statement(influxql::SelectStatement select,
                                             const std::vector<LeftOutValues>& left_out);

// Empty where nothing was left out.
std::string left_out_text(const std::vector<LeftOutValues>& left_out);

}  // namespace sluice::query
