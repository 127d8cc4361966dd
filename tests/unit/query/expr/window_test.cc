#include "query/expr/window.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sluice/base/random.h"
#include "sluice/base/units.h"

namespace sluice::query {
namespace {

// 2020-03-28T00:00:00Z; Rome's clocks are set forward on the 29th at 01:00Z.
constexpr model::Timestamp kSaturday = 18349 * kDayNs;
// 2020-10-24T00:00:00Z; they are set back on the 25th at 01:00Z.
constexpr model::Timestamp kAutumn = 18559 * kDayNs;

Window days_of(const TimeZone& zone, std::int64_t offset_ns) {
    Window window;
    window.interval_ns = kDayNs;
    window.offset_ns = offset_ns;
    window.zone = &zone;
    return window;
}

// Whoever goes from window to window sees each time once.
void expect_windows_follow_each_other(const Window& window, model::Timestamp from) {
    Window::Span span = window.span_of(from);
    for (model::Timestamp t = from; t < from + 4 * kDayNs; t += kHourNs / 2) {
        if (t >= span.end) {
            const Window::Span next = window.span_of(t);
            EXPECT_EQ(next.begin, span.end) << t;
            span = next;
        }
        EXPECT_EQ(window.span_of(t).begin, span.begin) << t;
    }
}

TEST(Window, DaysWithAnOffsetFollowEachOtherWhereClocksGoForward) {
    const auto zone = TimeZone::find("Europe/Rome");
    ASSERT_NE(zone, nullptr);
    const Window window = days_of(*zone, 8 * kHourNs);
    const model::Timestamp begins[] = {kSaturday + 7 * kHourNs, kSaturday + kDayNs + 7 * kHourNs,
                                       kSaturday + 2 * kDayNs + 6 * kHourNs,
                                       kSaturday + 3 * kDayNs + 6 * kHourNs};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(window.span_of(begins[i]).begin, begins[i]);
        EXPECT_EQ(window.span_of(begins[i]).end, begins[i + 1]);
        EXPECT_EQ(window.span_of(begins[i + 1] - 1).begin, begins[i]);
    }
    expect_windows_follow_each_other(window, kSaturday);
    expect_windows_follow_each_other(days_of(*zone, 0), kSaturday);
    expect_windows_follow_each_other(days_of(*zone, 21 * kHourNs), kSaturday);
}

TEST(Window, DaysAreLongerWhereClocksGoBack) {
    const auto zone = TimeZone::find("Europe/Rome");
    ASSERT_NE(zone, nullptr);
    const Window window = days_of(*zone, 8 * kHourNs);
    const Window::Span span = window.span_of(kAutumn + kDayNs + 7 * kHourNs);
    EXPECT_EQ(span.begin, kAutumn + kDayNs + 6 * kHourNs);
    EXPECT_EQ(span.end, kAutumn + 2 * kDayNs + 7 * kHourNs);
}

TEST(Window, HoldsEachTimeInOneOfSuccessiveSpans) {
    Random random(2);
    constexpr model::Timestamp kNear = model::kTimestampMin + 5;
    for (int i = 0; i < 50'000; ++i) {
        Window window;
        window.interval_ns =
            1 + static_cast<std::int64_t>(random.below(random.chance(0.5) ? 10 : kDayNs));
        window.offset_ns = random.between(-kDayNs, kDayNs) % window.interval_ns;
        model::Timestamp t = static_cast<model::Timestamp>(random.next());
        if (random.chance(0.1)) t = kNear + random.between(-5, 20);
        if (random.chance(0.1)) t = model::kTimestampMax - random.between(0, 20);
        t = std::clamp(t, model::kTimestampMin, model::kTimestampMax);
        const Window::Span span = window.span_of(t);
        ASSERT_LE(span.begin, t);
        ASSERT_GT(span.end, t);
        ASSERT_GE(span.begin, model::kTimestampMin);
        ASSERT_EQ(window.span_of(span.begin).begin, span.begin);
        if (span.end <= model::kTimestampMax) {
            ASSERT_EQ(window.span_of(span.end - 1).begin, span.begin);
            ASSERT_EQ(window.span_of(span.end).begin, span.end);
        }
        if (span.begin > model::kTimestampMin && span.end <= model::kTimestampMax) {
            ASSERT_EQ(span.end - span.begin, window.interval_ns);
            ASSERT_EQ((static_cast<__int128>(span.begin) - window.offset_ns) % window.interval_ns,
                      0);
        }
    }
}

TEST(Window, WithoutIntervalIsOneForAllTimes) {
    Window window;
    window.whole_start = 7;
    for (const model::Timestamp t :
         {model::kTimestampMin, model::Timestamp{0}, model::kTimestampMax}) {
        EXPECT_TRUE(window.is_whole());
        EXPECT_EQ(window.start_of(t), 7);
        EXPECT_EQ(window.span_of(t).end, model::kTimestampMax + 1);
    }
}

}  // namespace
}  // namespace sluice::query
