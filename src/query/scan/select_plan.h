// A SelectPlan is what a scan of stored series does for a SELECT. It is fixed before the first job
// runs, because all cores read it then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/compile/sources.h"
#include "query/expr/evaluate.h"
#include "query/expr/function_table.h"
#include "query/expr/time_frame.h"
#include "query/expr/value.h"
#include "query/expr/window.h"
#include "sluice/influxql/ast.h"
#include "sluice/model/timestamp.h"

namespace sluice::query {

// A field that is read, and the type its values are brought to.
struct ScanField {
    std::string name;
    influxql::DataType type = influxql::DataType::kUnknown;
    // In a query without functions, a row exists where one of the fields with this flag has a
    // value.
    bool makes_rows = false;
};

// The fields that a scan reads: each name once, though the plan may want it in two types. A store
// gives one column for each name; what the plan calls a field is a column and a type to read it in.
struct ScanColumns {
    std::vector<std::string> names;
    std::vector<std::uint32_t> column_of_field;  // of SelectPlan::fields
};

// A partial state that the scan makes: a function of one field.
struct AggregateCall {
    Function function = Function::kCount;
    std::uint32_t field = 0;  // of SelectPlan::fields
    // The type that values are brought to before they enter the state, and that of the result.
    influxql::DataType argument = influxql::DataType::kUnknown;
    influxql::DataType result = influxql::DataType::kUnknown;
};

// A value that goes with a row: a field or a tag that an expression wants to see.
struct Input {
    enum class Kind : std::uint8_t { kField, kTag };
    Kind kind = Kind::kField;
    std::uint32_t index = 0;  // kField: of fields
    std::string tag;          // kTag
    influxql::DataType type = influxql::DataType::kUnknown;
};

// A plan is about one FROM clause without subqueries: those have scans of their own. What is read
// is the product of its parts: of each source and group the series that the condition does not
// exclude, within the time range, with all fields. Numbers that other structures keep (of a source,
// a group, a field, a call, an input) are places in these lists, so nothing is ever removed.
struct SelectPlan {
    std::vector<PlannedSource> sources;
    std::vector<ScanField> fields;  // made by add_field() only
    std::vector<AggregateCall> calls;
    std::vector<Input> inputs;

    influxql::ExprBox condition;              // without time
    std::vector<std::string> condition_tags;  // made by add_condition_tag() only

    // Tags of GROUP BY; tag sets are in the order of their values.
    std::vector<std::string> dimensions;
    Window window;
    // Both inclusive.
    model::Timestamp time_min = model::kTimestampMin;
    model::Timestamp time_max = model::kTimestampMax;
    bool ascending = true;
    // Tag sets come in the opposite order of rows: the rows that decide a tie of last() are read
    // backwards for an answer that ascends (points/tie_breaker.h).
    bool reverses_tag_sets = false;
    // A scan takes LIMIT and OFFSET as the number of rows of a tag set that are of use.
    Limits limits;
    // The number of rows of each tag set that are read from each shard group. 0 means all.
    std::int64_t group_rows_max = 0;

    // The one call keeps the time and the other values of the row it selects.
    bool is_single_selector() const { return calls.size() == 1 && is_selector(calls[0].function); }
    bool keeps_auxiliary() const { return is_single_selector() && !inputs.empty(); }
    bool tag_sets_ascending() const { return ascending != reverses_tag_sets; }
    model::TimeRange time_range() const { return {time_min, time_max + 1}; }
    // What the fields are to a store. Made once, since statements may ask for tens of thousands and
    // read thousands of pieces.
    const ScanColumns& columns() const { return columns_; }
    // The place of a field among `fields`. In time that does not depend on their number.
    std::optional<std::uint32_t> find_field(const std::string& name, influxql::DataType type) const;
    // The same; the field is added unless it is there.
    std::uint32_t add_field(const std::string& name, influxql::DataType type,
                            bool makes_rows = false);
    // The place of a tag that the condition names among `condition_tags`, which has each once.
    std::uint32_t add_condition_tag(const std::string& name);
    std::uint32_t condition_tag(const std::string& name) const { return tag_places_.at(name); }

private:
    std::map<std::pair<std::string, influxql::DataType>, std::uint32_t> field_places_;
    std::unordered_map<std::string, std::uint32_t> column_places_;
    std::unordered_map<std::string, std::uint32_t> tag_places_;
    ScanColumns columns_;
};

}  // namespace sluice::query
