// Which [[limits]] tables a write fits, and what they make of it together.
#include "server/services/rate_limits.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kStartNs = 1'000 * kSecondNs;

LimitSettings limit(std::string database, std::string user, std::uint64_t points,
                    std::uint64_t bytes) {
    LimitSettings settings;
    settings.database = std::move(database);
    settings.user = std::move(user);
    settings.points_per_second = points;
    settings.bytes_per_second = SettingSize{bytes};
    return settings;
}

TEST(RateLimits, FitByDatabaseUserOrBoth) {
    const std::vector<LimitSettings> settings{limit("d", "", 1, 0), limit("", "ann", 1, 0),
                                              limit("d", "ann", 1, 0), limit("", "", 1, 0)};
    struct Case {
        const char* database;
        const char* user;
        RateLimits::Fitting expected;
    };
    for (const Case& each : std::initializer_list<Case>{{"d", "ann", {0, 1, 2, 3}},
                                                        {"d", "bob", {0, 3}},
                                                        {"d", "", {0, 3}},
                                                        {"e", "ann", {1, 3}},
                                                        {"e", "", {3}}}) {
        EXPECT_EQ(RateLimits(settings).fitting(each.database, each.user), each.expected)
            << each.database << " " << each.user;
    }
    const std::vector<LimitSettings> none;
    EXPECT_TRUE(RateLimits(none).fitting("d", "ann").empty());
}

TEST(RateLimits, TheLongestWaitCountsAndIsTheOneThatIsCounted) {
    const std::vector<LimitSettings> settings{limit("d", "", 10, 0), limit("", "ann", 0, 10)};
    RateLimits limits(settings);
    const RateLimits::Fitting both = limits.fitting("d", "ann");
    EXPECT_EQ(limits.wait_s(both, kStartNs), 0u);
    limits.charge(both, 30, 110, kStartNs);
    EXPECT_EQ(limits.wait_s(both, kStartNs), 11u);
    EXPECT_EQ(limits.wait_s(limits.fitting("d", "bob"), kStartNs), 3u);
    EXPECT_EQ(limits.wait_s(limits.fitting("e", "bob"), kStartNs), 0u);
    EXPECT_EQ(limits.refused(0), 1u);
    EXPECT_EQ(limits.refused(1), 1u);
    EXPECT_EQ(limits.wait_s(both, kStartNs + 12 * kSecondNs), 0u);
}

}  // namespace
}  // namespace sluice::server
