// These are WHERE clauses as SHOW statements apply them: to series by their tags, to names of
// measurements, to keys of tags.
//
// InfluxDB cuts such a condition in parts (tsdb/store.go: TagKeys, TagValues): what compares
// `_name`, what compares `_tagKey`, and the rest. In each part the comparisons of the others are as
// if not written, so `_name = 'cpu' OR host = 'b'` means `_name = 'cpu'` to names and `host = 'b'`
// to series.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/influxql/expr.h"
#include "sluice/model/series_key.h"
#include "sluice/storage/series_list.h"

namespace sluice::query {

// The condition on series. It lives no longer than the expression that it was made of.
class TagCondition {
public:
    struct Options {
        // Comparisons of `_name` belong to it; all other names of the system never do.
        bool with_name = true;
        // Says whether a series passes if the condition is about fields, or of a form that series
        // do not decide.
        bool undecided_passes = true;
        // Comparisons of `value` are about the values of tags (kTagValue), and no part of it.
        bool without_value = false;
    };
    // `condition` may be null: everything passes.
    TagCondition(const influxql::Expr* condition, Options options,
                 const std::function<bool(std::string_view)>& is_field);

    bool accepts(const model::SeriesName& series) const;
    bool accepts_all() const { return root_ == nullptr; }
    // Values of one tag without which no series is accepted, if there are such.
    const std::optional<storage::TagChoice>& choice() const { return choice_; }
    // As evaluation_cost() of the condition.
    std::size_t cost() const { return cost_; }

private:
    struct Node;
    enum class Truth : std::uint8_t { kNo, kUndecided, kYes };

    std::shared_ptr<Node> build(const influxql::Expr& expr) const;
    std::shared_ptr<Node> build_comparison(const influxql::BinaryExpr& binary) const;
    static Truth judge(const Node& node, const model::SeriesName& series);
    static std::optional<storage::TagChoice> choice_of(const Node& node);

    Options options_;
    std::size_t cost_ = 1;
    std::function<bool(std::string_view)> is_field_;
    std::shared_ptr<Node> root_;
    std::optional<storage::TagChoice> choice_;
};

// The condition on one name: of a measurement (`_name`) or of a tag (`_tagKey`).
//
// Or on the value of a tag, `value`, since InfluxDB 1.9 (tsdb/index.go: tagValuesByKeyAndExpr).
inline constexpr std::string_view kTagValue = "value";
class NameCondition {
public:
    // What is no comparison of names at all.
    enum class Others : std::uint8_t { kRefused, kPassedOver };
    // Makes the part of `condition` that compares `subject`. The error is InfluxDB's for anything
    // that it does not take in such a condition.
    static Result<NameCondition> make(const influxql::Expr* condition, std::string_view subject,
                                      Others others = Others::kRefused);

    bool accepts(std::string_view name) const;

private:
    struct Node;
    static Result<std::shared_ptr<Node>> build(const influxql::Expr& expr, std::string_view subject,
                                               Others others);
    static bool judge(const Node& node, std::string_view name);

    std::shared_ptr<Node> root_;
};

// Returns whether InfluxDB keeps the name for itself: "_name", "_series", ...
bool is_system_name(std::string_view name);

// Returns whether time is compared anywhere.
bool compares_time(const influxql::Expr* condition);

// Prints the node as Go does with %#v, which is InfluxDB's error for it.
std::string go_syntax(const influxql::Expr& expr);

}  // namespace sluice::query
