#include "server/prometheus/sample_batch.h"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::server {
namespace {

class Samples : public testing::Test {
protected:
    void add(std::vector<RemoteLabel> labels, std::vector<RemoteSample> samples) {
        made_.add({std::move(labels), std::move(samples)}, counts_);
    }
    // The keys of the points, in their order.
    std::vector<std::string> keys() {
        std::vector<std::string> keys;
        batch_.finish();
        for (std::size_t i = 0; i < batch_.table_count(); ++i) {
            for (const model::SeriesId id : batch_.table_at(i).series) {
                keys.emplace_back(index_.key(id));
            }
        }
        return keys;
    }

    model::ShardMap shards_{{}, kWeekNs, 1000 * kMillisecondNs};
    model::SeriesIndex index_;
    model::PointBatch batch_;
    SampleCounts counts_;
    SampleBatch made_{shards_, index_, batch_};
};

TEST_F(Samples, LabelsAreTagsAndTheNameIsTheMeasurement) {
    add({{"zone", "b"}, {"__name__", "up"}, {"job", "a b"}, {"empty", ""}, {"job", "c"}},
        {{1.5, 2000}, {2, 3000}});
    add({{"job", "x"}}, {{1, 2000}});
    EXPECT_EQ(keys(), (std::vector<std::string>{"up,__name__=up,job=c,zone=b",
                                                "up,__name__=up,job=c,zone=b",
                                                "prom_metric_not_specified,job=x"}));
    const model::BatchTable& table = batch_.table_at(0);
    EXPECT_EQ(table.times[1], 3000 * kMillisecondNs);
    EXPECT_EQ(table.columns[0].name, "value");
    EXPECT_EQ(table.columns[0].type, model::FieldType::kFloat);
    EXPECT_EQ(counts_.parsed.rows, 3u);
}

TEST_F(Samples, WhatIsNotFiniteIsNoPoint) {
    constexpr double kInf = std::numeric_limits<double>::infinity();
    add({{"__name__", "m"}},
        {{std::numeric_limits<double>::quiet_NaN(), 2000}, {kInf, 2000}, {-kInf, 2000}});
    EXPECT_EQ(counts_.not_finite, 3u);
    EXPECT_EQ(counts_.parsed.rows, 0u);
    EXPECT_TRUE(keys().empty());
    EXPECT_EQ(index_.series_count(), 0u);
}

TEST_F(Samples, WhatCannotBeStoredIsNamed) {
    add({{"__name__", "m"}, {"time", "now"}}, {{1, 2000}});
    add({{"__name__", "m"}, {"a", "b\\"}}, {{1, 2000}, {1, 3000}});
    add({{"__name__", "m"}, {"a", std::string(70'000, 'x')}}, {{1, 2000}});
    add({{"__name__", "m"}}, {{1, INT64_MAX}});
    EXPECT_EQ(counts_.parsed.dropped, 5u);
    ASSERT_EQ(counts_.parsed.rejections.size(), 4u);
    EXPECT_EQ(counts_.parsed.rejections[0].message,
              "invalid tag key: input tag \"time\" on measurement \"m\" is invalid");
    add({{"__name__", "m"}}, {{1, 500}, {1, 600}});
    EXPECT_EQ(counts_.parsed.beyond_retention, 2u);
    EXPECT_EQ(counts_.parsed.rows, 0u);
}

}  // namespace
}  // namespace sluice::server
