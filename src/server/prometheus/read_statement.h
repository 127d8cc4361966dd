// A Prometheus query as a statement of InfluxQL (InfluxDB 1.8, prometheus/converters.go).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/prometheus/remote_request.h"
#include "sluice/base/regex.h"
#include "sluice/base/result.h"

namespace sluice::server {

// The label that is the measurement.
inline constexpr std::string_view kNameLabel = "__name__";
// The one field of what Prometheus writes.
inline constexpr std::string_view kValueField = "value";

// What InfluxQL cannot say of a measurement's name: that it is not this, or does not match.
class NameFilter {
public:
    Result<void> add(const RemoteMatcher& matcher);
    bool lets_pass(std::string_view name) const;

private:
    struct Condition {
        bool wanted;
        std::string text;
        std::vector<Regex> regex;  // one, or none: then the text is compared
    };
    std::vector<Condition> conditions_;
};

struct ReadStatement {
    std::string text;
    std::string parameters;  // the regular expressions, bound: JSON
    NameFilter names;        // of the measurements in the answer
};

// Matchers become conditions on tags, and those of the name the source. Times are cut to those that
// can be stored.
Result<ReadStatement> statement_of(const RemoteQuery& query);

}  // namespace sluice::server
