// MetricsText writes the text format of Prometheus (version 0.0.4).
//
// A family is announced once, with its help and type, and its samples follow it. Labels come
// complete: `{core="0"}`, or nothing. Times come in nanoseconds and are written in seconds, the
// unit that Prometheus wants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/base/metrics.h"

namespace sluice::server {

class MetricsText {
public:
    // Begins the family that the following samples belong to. `help` has neither line break nor
    // backslash, which would need escaping.
    void family(std::string_view name, std::string_view type, std::string_view help);
    void sample(std::string_view labels, std::uint64_t value);
    void seconds(std::string_view labels, std::uint64_t ns);

    // A family of one sample without labels.
    void counter(std::string_view name, std::string_view help, std::uint64_t value);
    void gauge(std::string_view name, std::string_view help, std::uint64_t value);
    // Quantiles since start, with sum and count. `sum_ns` comes apart: a histogram knows its
    // values only as exactly as its buckets.
    void summary(std::string_view name, std::string_view help, const HistogramSnapshot& histogram,
                 std::uint64_t sum_ns);

    std::string take() { return std::move(text_); }

private:
    void start(std::string_view labels);

    std::string text_;
    std::string name_;  // of the family, and of the samples that come
};

}  // namespace sluice::server
