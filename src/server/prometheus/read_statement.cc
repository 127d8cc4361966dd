#include "server/prometheus/read_statement.h"

#include <algorithm>

#include "sluice/base/units.h"
#include "sluice/influxql/printer.h"
#include "sluice/model/timestamp.h"
#include "sluice/query/value_text.h"

namespace sluice::server {
namespace {

using Kind = RemoteMatcher::Kind;

bool is_regex(Kind kind) {
    return kind == Kind::kRegex || kind == Kind::kNotRegex;
}
bool is_wanted(Kind kind) {
    return kind == Kind::kEqual || kind == Kind::kRegex;
}

// PromQL's expressions are about the whole value.
std::string whole(std::string_view pattern) {
    return "^(?:" + std::string(pattern) + ")$";
}

std::string quoted_name(std::string_view name) {
    std::string text = influxql::quote_identifier(name);
    return text.starts_with('"') ? text : '"' + text + '"';
}

// Prometheus asks for times far outside of what can be stored, and means everything.
std::int64_t stored_time(std::int64_t time_ms) {
    constexpr std::int64_t kMsMin = model::kTimestampMin / kMillisecondNs;
    constexpr std::int64_t kMsMax = model::kTimestampMax / kMillisecondNs;
    return std::clamp(time_ms, kMsMin, kMsMax) * kMillisecondNs;
}

class StatementWriter {
public:
    // One matcher for the name of the metric becomes the FROM clause, so that no other measurement
    // is read. All others about the name are checked for each series that comes; those about labels
    // are conditions.
    Result<ReadStatement> write(const RemoteQuery& query) {
        std::string conditions;
        std::string source;
        for (const RemoteMatcher& matcher : query.matchers) {
            if (matcher.name != kNameLabel) {
                conditions += " AND " + quoted_name(matcher.name) + "::tag " + condition(matcher);
            } else if (source.empty() && is_wanted(matcher.kind) && !matcher.value.empty()) {
                source =
                    is_regex(matcher.kind) ? bind_regex(matcher.value) : quoted_name(matcher.value);
            } else {
                SLUICE_TRY_VOID(statement_.names.add(matcher));
            }
        }
        if (source.empty()) source = "/.*/";
        statement_.text = "SELECT " + quoted_name(kValueField) + " FROM " + source +
                          " WHERE time >= " + std::to_string(stored_time(query.start_ms)) +
                          " AND time <= " + std::to_string(stored_time(query.end_ms)) + conditions +
                          " GROUP BY *";
        if (!parameters_.empty()) statement_.parameters = '{' + parameters_ + '}';
        return std::move(statement_);
    }

private:
    std::string condition(const RemoteMatcher& matcher) {
        const bool wanted = is_wanted(matcher.kind);
        if (is_regex(matcher.kind)) return (wanted ? "=~ " : "!~ ") + bind_regex(matcher.value);
        return (wanted ? "= " : "!= ") + influxql::quote_string(matcher.value);
    }

    // Bound, because a line break or `\/` cannot stand in a literal.
    std::string bind_regex(std::string_view pattern) {
        const std::string name = "r" + std::to_string(regexes_++);
        if (!parameters_.empty()) parameters_ += ',';
        parameters_ += '"' + name + "\":{\"regex\":";
        query::append_json_string(parameters_, whole(pattern));
        parameters_ += '}';
        return '$' + name;
    }

    ReadStatement statement_;
    std::string parameters_;
    unsigned regexes_ = 0;
};

}  // namespace

// kInvalid: what is wrong with the expression.
Result<void> NameFilter::add(const RemoteMatcher& matcher) {
    Condition condition{is_wanted(matcher.kind), std::string(matcher.value), {}};
    if (is_regex(matcher.kind)) {
        SLUICE_TRY(Regex regex, Regex::compile(whole(matcher.value)));
        condition.regex.push_back(std::move(regex));
    }
    conditions_.push_back(std::move(condition));
    return {};
}

bool NameFilter::lets_pass(std::string_view name) const {
    return std::ranges::all_of(conditions_, [name](const Condition& condition) {
        const bool found = condition.regex.empty() ? name == condition.text
                                                   : condition.regex.front().matches(name);
        return found == condition.wanted;
    });
}

Result<ReadStatement> statement_of(const RemoteQuery& query) {
    if (query.matchers.empty()) return Error{ErrorKind::kInvalid, "expected matcher"};
    return StatementWriter().write(query);
}

}  // namespace sluice::server
