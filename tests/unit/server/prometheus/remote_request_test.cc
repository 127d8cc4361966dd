#include "server/prometheus/remote_request.h"

#include <gtest/gtest.h>

#include <bit>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/random.h"

namespace sluice::server {
namespace {

using protozero::pbf_writer;

std::string any_text(Random& random) {
    std::string text(random.below(12), 'x');
    for (char& c : text) c = static_cast<char>(random.below(256));
    return text;
}

// Fields of numbers that nobody knows, as a later version may send.
void add_unknown(Random& random, pbf_writer& writer) {
    if (random.chance(0.7)) return;
    switch (random.below(4)) {
        case 0:
            writer.add_uint64(100, random.next());
            break;
        case 1:
            writer.add_string(101, any_text(random));
            break;
        case 2:
            writer.add_fixed64(102, random.next());
            break;
        default:
            writer.add_fixed32(103, 7);
    }
}

struct Sample {
    std::uint64_t bits = 0;
    std::int64_t time_ms = 0;
};
struct Series {
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<Sample> samples;
};

std::string write_request(Random& random, const std::vector<Series>& all) {
    std::string message;
    pbf_writer writer(message);
    for (const Series& series : all) {
        add_unknown(random, writer);
        pbf_writer inner(writer, 1);
        for (const auto& [name, value] : series.labels) {
            pbf_writer label(inner, 1);
            // In any order, which the format allows.
            if (random.chance(0.2)) {
                label.add_string(2, value);
                label.add_string(1, name);
            } else {
                label.add_string(1, name);
                add_unknown(random, label);
                label.add_string(2, value);
            }
        }
        add_unknown(random, inner);
        for (const Sample& sample : series.samples) {
            pbf_writer one(inner, 2);
            one.add_double(1, std::bit_cast<double>(sample.bits));
            one.add_int64(2, sample.time_ms);
            add_unknown(random, one);
        }
    }
    return message;
}

TEST(RemoteWrite, IsReadSeriesBySeriesAroundWhatNobodyKnows) {
    Random random(1);
    for (int round = 0; round < 1'000; ++round) {
        std::vector<Series> all(random.below(5));
        for (Series& series : all) {
            // protozero writes no message without a field.
            series.labels.resize(1 + random.below(4));
            for (auto& [name, value] : series.labels) {
                name = any_text(random);
                value = any_text(random);
            }
            series.samples.resize(random.below(4));
            for (Sample& sample : series.samples) {
                sample = {random.next(), static_cast<std::int64_t>(random.next())};
            }
        }
        const std::string message = write_request(random, all);
        WriteRequestReader reader(as_byte_span(message));
        RemoteSeries read;
        for (const Series& series : all) {
            const auto more = reader.next(read);
            ASSERT_TRUE(more.ok() && *more);
            ASSERT_EQ(read.labels.size(), series.labels.size());
            for (std::size_t i = 0; i < series.labels.size(); ++i) {
                ASSERT_EQ(read.labels[i].name, series.labels[i].first);
                ASSERT_EQ(read.labels[i].value, series.labels[i].second);
            }
            ASSERT_EQ(read.samples.size(), series.samples.size());
            for (std::size_t i = 0; i < series.samples.size(); ++i) {
                ASSERT_EQ(std::bit_cast<std::uint64_t>(read.samples[i].value),
                          series.samples[i].bits);
                ASSERT_EQ(read.samples[i].time_ms, series.samples[i].time_ms);
            }
        }
        const auto more = reader.next(read);
        ASSERT_TRUE(more.ok());
        ASSERT_FALSE(*more);
    }
}

TEST(RemoteWrite, EndsWithAWordWhereTheMessageIsBroken) {
    Random random(2);
    const std::string message = write_request(
        random, {{{{"__name__", "up"}, {"job", "x"}}, {{7, 8}}}, {{{"a", "b"}}, {{1, 2}}}});
    for (std::size_t size = 1; size < message.size(); ++size) {
        WriteRequestReader reader(as_byte_span(std::string_view(message).substr(0, size)));
        RemoteSeries series;
        // The first series may be whole and the next one cut: an end or an error, never a crash.
        for (int i = 0; i < 4; ++i) {
            const auto more = reader.next(series);
            if (more.ok() && *more) continue;
            if (!more.ok()) {
                EXPECT_EQ(more.error().kind, ErrorKind::kInvalid);
                EXPECT_TRUE(more.error().message.starts_with("proto: the message is broken"));
            }
            break;
        }
    }
}

TEST(RemoteRead, NamesTimesAndMatchersOfEachQuery) {
    std::string message;
    {
        pbf_writer writer(message);
        {
            pbf_writer query(writer, 1);
            query.add_int64(1, -5);
            query.add_int64(2, 1'700'000'000'000);
            for (const int kind : {0, 1, 2, 3}) {
                pbf_writer matcher(query, 3);
                matcher.add_enum(1, kind);
                matcher.add_string(2, "n" + std::to_string(kind));
                matcher.add_string(3, "v");
            }
        }
        pbf_writer second(writer, 1);
        second.add_int64(2, 9);
    }
    const auto queries = read_queries(as_byte_span(message));
    ASSERT_TRUE(queries.ok()) << queries.error().message;
    ASSERT_EQ(queries->size(), 2u);
    EXPECT_EQ((*queries)[0].start_ms, -5);
    EXPECT_EQ((*queries)[0].end_ms, 1'700'000'000'000);
    ASSERT_EQ((*queries)[0].matchers.size(), 4u);
    for (unsigned kind = 0; kind < 4; ++kind) {
        const RemoteMatcher& matcher = (*queries)[0].matchers[kind];
        EXPECT_EQ(static_cast<unsigned>(matcher.kind), kind);
        EXPECT_EQ(matcher.name, "n" + std::to_string(kind));
    }
    EXPECT_EQ((*queries)[1].end_ms, 9);
    EXPECT_TRUE((*queries)[1].matchers.empty());
}

// Passed over, it would answer with series that were not asked for.
TEST(RemoteRead, RefusesAKindOfMatchThatItDoesNotKnow) {
    std::string message;
    {
        pbf_writer writer(message);
        pbf_writer query(writer, 1);
        pbf_writer matcher(query, 3);
        matcher.add_enum(1, 4);
        matcher.add_string(2, "n");
    }
    const auto queries = read_queries(as_byte_span(message));
    ASSERT_FALSE(queries.ok());
    EXPECT_EQ(queries.error().message, "unknown match type");
    EXPECT_TRUE(read_queries({})->empty());
}

}  // namespace
}  // namespace sluice::server
