// The text format of Prometheus, byte for byte.
#include "server/monitor/metrics_text.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(MetricsText, AnnouncesAFamilyOnceAndListsItsSamples) {
    MetricsText text;
    text.family("requests_total", "counter", "Requests by handler.");
    text.sample("{handler=\"write\"}", 12);
    text.sample("{handler=\"query\"}", 0);
    EXPECT_EQ(text.take(),
              "# HELP requests_total Requests by handler.\n"
              "# TYPE requests_total counter\n"
              "requests_total{handler=\"write\"} 12\n"
              "requests_total{handler=\"query\"} 0\n");
}

TEST(MetricsText, WritesCountersAndGaugesWithoutLabels) {
    MetricsText text;
    text.counter("a_total", "A.", UINT64_MAX);
    text.gauge("b", "B.", 7);
    EXPECT_EQ(text.take(),
              "# HELP a_total A.\n# TYPE a_total counter\na_total 18446744073709551615\n"
              "# HELP b B.\n# TYPE b gauge\nb 7\n");
}

TEST(MetricsText, WritesSecondsOfNanoseconds) {
    const struct {
        std::uint64_t ns;
        const char* seconds;
    } cases[] = {
        {0, "0"},
        {1, "0.000000001"},
        {1'500'000'000, "1.5"},
        {1'000'000'000, "1"},
        {86'400'000'000'000, "86400"},
    };
    for (const auto& each : cases) {
        MetricsText text;
        text.family("t", "gauge", "T.");
        text.seconds("{core=\"0\"}", each.ns);
        EXPECT_EQ(text.take(),
                  "# HELP t T.\n# TYPE t gauge\nt{core=\"0\"} " + std::string(each.seconds) + "\n");
    }
}

TEST(MetricsText, SummaryEndsWithSumAndCount) {
    MetricsText text;
    HistogramSnapshot nothing;
    text.summary("w_seconds", "W.", nothing, 2'500'000'000);
    EXPECT_EQ(text.take(),
              "# HELP w_seconds W.\n# TYPE w_seconds summary\n"
              "w_seconds{quantile=\"0.5\"} 0\n"
              "w_seconds{quantile=\"0.9\"} 0\n"
              "w_seconds{quantile=\"0.99\"} 0\n"
              "w_seconds{quantile=\"0.999\"} 0\n"
              "w_seconds_sum 2.5\n"
              "w_seconds_count 0\n");
}

TEST(MetricsText, ASampleBelongsToTheFamilyBeforeIt) {
    MetricsText text;
    text.summary("w_seconds", "W.", HistogramSnapshot(), 0);
    (void)text.take();
    text.gauge("b", "B.", 1);
    EXPECT_EQ(text.take(), "# HELP b B.\n# TYPE b gauge\nb 1\n");
}

}  // namespace
}  // namespace sluice::server
