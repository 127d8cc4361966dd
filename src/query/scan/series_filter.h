// A SeriesFilter is the WHERE clause as far as it is about tags. It decides which series can have
// rows at all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "query/expr/evaluate.h"
#include "sluice/influxql/expr.h"
#include "sluice/model/series_key.h"

namespace sluice::query {

enum class Verdict : std::uint8_t { kNever, kAlways, kDependsOnFields };

// A filter is immutable once made. Each core makes one of its own.
class SeriesFilter {
public:
    // `condition` may be null: every series passes. It outlives the filter. `is_field` says
    // whether a reference is a field; all others are tags. A series without the tag has it empty.
    SeriesFilter(const influxql::Expr* condition,
                 const std::function<bool(const influxql::VarRef&)>& is_field);

    Verdict judge(const model::SeriesName& series) const;
    // Gives the value of a tag by its place in tags().
    using TagValue = std::function<std::string_view(std::size_t place)>;
    // Does the same for anything that has tags.
    Verdict judge(const TagValue& tag_value) const;

    // Returns the parts of the condition that InfluxDB asks of rows, if the verdict is
    // kDependsOnFields. Among these are parts about tags that its index cannot judge, such as
    // comparisons with numbers.
    influxql::Expr remaining(const TagValue& tag_value) const;

    const std::vector<std::string>& tags() const { return tags_; }

private:
    struct Node {
        enum class Kind : std::uint8_t { kAnd, kOr, kTags, kFields } kind;
        std::unique_ptr<Node> left;
        std::unique_ptr<Node> right;
        std::unique_ptr<RowExpression> expression;  // kTags
        const influxql::Expr* condition = nullptr;  // kTags, kFields
        bool is_asked_of_rows = false;
    };
    using TagPlaces = std::unordered_map<std::string, std::size_t>;
    std::unique_ptr<Node> build(const influxql::Expr& expr,
                                const std::function<bool(const influxql::VarRef&)>& is_field,
                                TagPlaces& places);
    // With `by_index`, parts that are asked of rows make the verdict depend on them.
    static Verdict judge(const Node& node, const Value* row, bool by_index);
    // What is left of a part once the tags are known. One walk gives both: to judge at each level
    // what lies below it would take time quadratic in the length of a chain of ANDs.
    struct Remainder {
        Verdict verdict;
        std::optional<influxql::Expr> condition;  // of kDependsOnFields
    };
    static Remainder remainder(const Node& node, const Value* row);
    std::vector<Value> values_of_tags(const TagValue& tag_value) const;

    std::vector<std::string> tags_;
    std::unique_ptr<Node> root_;
};

// Returns whether a reference of a planned condition is a field.
inline bool is_field_reference(const influxql::VarRef& ref) {
    return ref.type != influxql::DataType::kTag;
}

}  // namespace sluice::query
