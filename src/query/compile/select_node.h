// A SelectNode is a SELECT with all names resolved: wildcards have become names, names have types,
// measurements have shard groups. Its subqueries are nodes of their own.
//
// It is made in three steps, because only the first needs no data, and only the last needs what may
// have to be asked of all cores: compile_statement() fills in what the text says, resolve_node()
// the measurements from the catalog, rewrite_node() the types and what wildcards stand for. After
// that a node does not change; cursors refer to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "query/compile/sources.h"
#include "query/expr/fill.h"
#include "query/expr/time_frame.h"
#include "query/expr/time_zone.h"
#include "sluice/influxql/ast.h"

namespace sluice::query {

struct SelectNode {
    std::vector<influxql::Field> fields;
    std::string time_name = "time";
    influxql::ExprBox condition;  // without time
    // GROUP BY without time(): as it was written, and the tags that it stands for.
    std::vector<influxql::Expr> wildcard_dimensions;
    std::vector<std::string> dimensions;
    TimeFrame frame;
    bool has_time_max = false;  // in its own condition
    // A date as the offset of GROUP BY time(). InfluxDB's compiler takes it, but the execution of
    // the statement refuses it, after all other checks.
    std::string refused_offset;
    std::shared_ptr<const TimeZone> zone;  // holds what the window refers to; null is UTC
    Fill fill;
    Limits limits;
    bool has_target = false;  // INTO
    bool is_subquery = false;

    ResolvedSources measurements;
    TagKeys tag_keys;  // of the measurements; empty unless needs_tag_keys()
    std::vector<std::unique_ptr<SelectNode>> subqueries;
    bool subqueries_first = false;  // in FROM

    // Returns whether no function is called but those of mathematics.
    bool is_raw() const;
};

// Checks a statement and all its subqueries; nothing is looked up. The sources' names are complete.
Result<std::unique_ptr<SelectNode>> compile_statement(influxql::SelectStatement select,
                                                      std::int64_t now_ns);

// The times the whole statement may read: its own and the windows before that functions look back
// on (query/compile.go: ExtraIntervals).
model::TimeRange mapped_range(const SelectNode& node);

// Finds the measurements in the catalog, of subqueries too.
Result<void> resolve_node(SelectNode& node, const influxql::SelectStatement& select,
                          const meta::Catalog& catalog, const model::TimeRange& range);

// Returns whether the meaning depends on which tags exist.
bool needs_tag_keys(const SelectNode& node);

// Gives types and expands wildcards (influxql/ast.go: RewriteFields); needs `tag_keys`.
Result<void> rewrite_node(SelectNode& node);

// A column of the answer or, in a subquery, of what the query around it sees.
struct Column {
    std::string name;
    influxql::Expr expr;
};
// One for each field; top() and bottom() are followed by their tags, unless the node writes into a
// target.
std::vector<Column> columns_of(const SelectNode& node);

}  // namespace sluice::query
