// Times and ranges are those of InfluxDB's services/continuous_querier/service_test.go.
#include "query/background/continuous_schedule.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"
#include "sluice/influxql/parser.h"
#include "sluice/influxql/printer.h"
#include "sluice/query/value_text.h"

namespace sluice::query {
namespace {

using namespace influxql;

constexpr std::int64_t kSecond = kSecondNs;
constexpr std::int64_t kMinute = kMinuteNs;
constexpr model::Timestamp k2000 = 946'684'800 * kSecond;

CreateContinuousQueryStatement parse(const std::string& group_by, const std::string& resample = "",
                                     const std::string& where = "") {
    const std::string text = "CREATE CONTINUOUS QUERY q ON d " + resample +
                             " BEGIN SELECT mean(v) INTO d.p.x FROM d.p.m " + where +
                             " GROUP BY time(" + group_by + ") END";
    auto parsed = parse_query(text);
    EXPECT_TRUE(parsed.ok()) << text;
    return std::get<CreateContinuousQueryStatement>(parsed->at(0));
}

// Asks again and again, as the server does.
class Clockwork {
public:
    explicit Clockwork(const CreateContinuousQueryStatement& query, ZoneOffset zone = {})
        : timing_(timing_of(query).value()), zone_(std::move(zone)) {}

    // "" when nothing is due, "-" when there is nothing to compute, else the range.
    std::string at(model::Timestamp now) {
        const auto run = due_run(timing_, last_run_, now, zone_);
        if (!run) return "";
        last_run_ = run->last_run;
        if (run->range.empty()) return "-";
        std::string out;
        append_rfc3339(out, run->range.begin);
        out += " ";
        append_rfc3339(out, run->range.end);
        return out;
    }

private:
    ContinuousTiming timing_;
    ZoneOffset zone_;
    std::optional<model::Timestamp> last_run_;
};

TEST(ContinuousSchedule, ComputesTheWindowThatHasEnded) {
    struct Case {
        const char* interval;
        std::int64_t length;
        const char* range;
    };
    for (const Case& each : std::initializer_list<Case>{
             {"10s", 10 * kSecond, "2000-01-01T00:00:00Z 2000-01-01T00:00:10Z"},
             {"1m", kMinute, "2000-01-01T00:00:00Z 2000-01-01T00:01:00Z"},
             {"10m", 10 * kMinute, "2000-01-01T00:00:00Z 2000-01-01T00:10:00Z"},
             {"1h", kHourNs, "2000-01-01T00:00:00Z 2000-01-01T01:00:00Z"},
             {"12h", 12 * kHourNs, "2000-01-01T00:00:00Z 2000-01-01T12:00:00Z"},
             {"1d", kDayNs, "2000-01-01T00:00:00Z 2000-01-02T00:00:00Z"},
             {"1w", kWeekNs, "1999-12-30T00:00:00Z 2000-01-06T00:00:00Z"}}) {
        Clockwork clockwork(parse(each.interval));
        EXPECT_EQ(clockwork.at(k2000 + 1), "-") << each.interval;
        EXPECT_EQ(clockwork.at(k2000 + each.length), each.range) << each.interval;
        EXPECT_EQ(clockwork.at(k2000 + each.length + 1), "") << each.interval;
    }
}

TEST(ContinuousSchedule, TheFirstRunOnABoundaryComputesTheWindowBefore) {
    Clockwork clockwork(parse("1m"));
    EXPECT_EQ(clockwork.at(k2000), "1999-12-31T23:59:00Z 2000-01-01T00:00:00Z");
}

TEST(ContinuousSchedule, MissedWindowsAreComputedTogether) {
    Clockwork clockwork(parse("1m"));
    EXPECT_EQ(clockwork.at(k2000 + 30 * kSecond), "-");
    EXPECT_EQ(clockwork.at(k2000 + 59 * kSecond), "");
    EXPECT_EQ(clockwork.at(k2000 + 5 * kMinute + 1), "2000-01-01T00:00:00Z 2000-01-01T00:05:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 6 * kMinute), "2000-01-01T00:05:00Z 2000-01-01T00:06:00Z");
}

TEST(ContinuousSchedule, ResamplesEverySoOftenForSoLong) {
    Clockwork clockwork(parse("1m", "RESAMPLE EVERY 10s FOR 2m"));
    EXPECT_EQ(clockwork.at(k2000 + 1), "1999-12-31T23:59:00Z 2000-01-01T00:00:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 10 * kSecond), "1999-12-31T23:59:00Z 2000-01-01T00:01:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 11 * kSecond), "");
    EXPECT_EQ(clockwork.at(k2000 + 20 * kSecond), "1999-12-31T23:59:00Z 2000-01-01T00:01:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 60 * kSecond), "1999-12-31T23:59:00Z 2000-01-01T00:01:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 70 * kSecond), "2000-01-01T00:00:00Z 2000-01-01T00:02:00Z");
}

TEST(ContinuousSchedule, EveryMayBeLongerThanTheInterval) {
    Clockwork clockwork(parse("30s", "RESAMPLE EVERY 1m"));
    EXPECT_EQ(clockwork.at(k2000 + 1), "1999-12-31T23:59:30Z 2000-01-01T00:00:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 30 * kSecond), "");
    EXPECT_EQ(clockwork.at(k2000 + kMinute), "2000-01-01T00:00:00Z 2000-01-01T00:01:00Z");
    EXPECT_EQ(clockwork.at(k2000 + 2 * kMinute), "2000-01-01T00:01:00Z 2000-01-01T00:02:00Z");
}

TEST(ContinuousSchedule, WindowsMayBeOffset) {
    Clockwork clockwork(parse("1m, 30s"));
    EXPECT_EQ(clockwork.at(k2000 + 1), "-");
    EXPECT_EQ(clockwork.at(k2000 + 29 * kSecond), "");
    EXPECT_EQ(clockwork.at(k2000 + 30 * kSecond), "1999-12-31T23:59:30Z 2000-01-01T00:00:30Z");
    EXPECT_EQ(clockwork.at(k2000 + 90 * kSecond), "2000-01-01T00:00:30Z 2000-01-01T00:01:30Z");
}

TEST(ContinuousSchedule, DaysOfAZoneChangeWithItsClocks) {
    // Summer time in Berlin begins on 2000-03-26 at 01:00 UTC.
    constexpr model::Timestamp kChange = k2000 + 85 * kDayNs + kHourNs;
    const auto berlin = [](model::Timestamp t) { return (t < kChange ? 1 : 2) * kHourNs; };
    Clockwork clockwork(parse("1d"), berlin);
    EXPECT_EQ(clockwork.at(kChange - 12 * kHourNs), "-");
    EXPECT_EQ(clockwork.at(kChange - kHourNs), "2000-03-24T23:00:00Z 2000-03-25T23:00:00Z");
    EXPECT_EQ(clockwork.at(kChange + 20 * kHourNs), "");
    EXPECT_EQ(clockwork.at(kChange + 21 * kHourNs), "2000-03-25T23:00:00Z 2000-03-26T22:00:00Z")
        << "a day of 23 hours";
}

TEST(ContinuousSchedule, KnowsWhatNeverRuns) {
    CreateContinuousQueryStatement query = parse("1m");
    query.select.dimensions.clear();
    EXPECT_FALSE(due_run(timing_of(query).value(), {}, k2000).has_value());
    auto raw = parse_query("CREATE CONTINUOUS QUERY q ON d BEGIN SELECT v INTO x FROM m END");
    ASSERT_TRUE(raw.ok());
    EXPECT_TRUE(timing_of(std::get<CreateContinuousQueryStatement>(raw->at(0))).ok());
}

TEST(ContinuousSchedule, ReplacesWhatIsSaidAboutTime) {
    struct Case {
        const char* where;
        const char* expected;
    };
    const std::string range = "time >= '1970-01-01T00:00:01Z' AND time < '1970-01-01T00:00:02.5Z'";
    for (const Case& each : std::initializer_list<Case>{
             {"", ""},
             {"WHERE h = 'a'", "h = 'a' AND "},
             {"WHERE time > now() - 1h", ""},
             {"WHERE h = 'a' AND time > 5", "h = 'a' AND "},
             {"WHERE time > 5 AND (h = 'a' OR g =~ /b/)", "(h = 'a' OR g =~ /b/) AND "}}) {
        SelectStatement select = parse("1m", "", each.where).select;
        ASSERT_TRUE(set_time_range(select, {kSecond, 5 * kSecond / 2}).ok()) << each.where;
        EXPECT_EQ(to_string(*select.condition), each.expected + range) << each.where;
    }
}

}  // namespace
}  // namespace sluice::query
