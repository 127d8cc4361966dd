#include "server/monitor/metrics_text.h"

#include "sluice/base/check.h"
#include "sluice/query/value_text.h"

namespace sluice::server {
namespace {

constexpr double kNsPerSecond = 1e9;

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
    SLUICE_CHECK(help.find_first_of("\n\\") == help.npos);
    name_ = name;
    text_ += "# HELP ";
    text_ += name;
    text_ += ' ';
    text_ += help;
    text_ += "\n# TYPE ";
    text_ += name;
    text_ += ' ';
    text_ += type;
    text_ += '\n';
}

void MetricsText::start(std::string_view labels) {
    SLUICE_CHECK(!name_.empty());
    text_ += name_;
    text_ += labels;
    text_ += ' ';
}

void MetricsText::sample(std::string_view labels, std::uint64_t value) {
    start(labels);
    text_ += std::to_string(value);
    text_ += '\n';
}

void MetricsText::seconds(std::string_view labels, std::uint64_t ns) {
    start(labels);
    query::append_plain_float(text_, static_cast<double>(ns) / kNsPerSecond);
    text_ += '\n';
}

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "counter", help);
    sample("", value);
}

void MetricsText::gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    family(name, "gauge", help);
    sample("", value);
}

void MetricsText::summary(std::string_view name, std::string_view help,
                          const HistogramSnapshot& histogram, std::uint64_t sum_ns) {
    family(name, "summary", help);
    for (const auto& [label, quantile] :
         {std::pair{"{quantile=\"0.5\"}", 0.5}, std::pair{"{quantile=\"0.9\"}", 0.9},
          std::pair{"{quantile=\"0.99\"}", 0.99}, std::pair{"{quantile=\"0.999\"}", 0.999}}) {
        seconds(label, histogram.quantile(quantile));
    }
    const std::string base(name);
    name_ = base + "_sum";
    seconds("", sum_ns);
    name_ = base + "_count";
    sample("", histogram.count());
}

}  // namespace sluice::server
