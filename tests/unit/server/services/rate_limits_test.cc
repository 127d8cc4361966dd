// Which [[limits]] tables a write fits, and what they make of it together.
#include "server/services/rate_limits.h"

#include <gtest/gtest.h>

#include "sluice/base/units.h"
#include "sluice/meta/principal.h"

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

TEST(RateLimits, ATokenIsKnownByItsId) {
    LimitSettings settings = limit("", "", 1, 0);
    settings.token = "00000000000000ff";
    const std::vector<LimitSettings> all{settings};
    EXPECT_EQ(RateLimits(all).fitting("d", meta::token_name(255)), RateLimits::Fitting{0});
    EXPECT_TRUE(RateLimits(all).fitting("d", meta::token_name(254)).empty());
    EXPECT_TRUE(RateLimits(all).fitting("d", "ann").empty());
    EXPECT_TRUE(RateLimits(all).fitting("d", "").empty());
}

TEST(RateLimits, TheLowestBoundOfNamesCounts) {
    LimitSettings of_all = limit("", "", 0, 0);
    of_all.max_series = 50;
    of_all.max_fields = 9;
    LimitSettings of_ann = limit("d", "ann", 0, 0);
    of_ann.max_series = 20;
    const std::vector<LimitSettings> settings{of_all, of_ann};
    const RateLimits limits(settings);
    EXPECT_TRUE(limits.fitting("d", "ann").empty()) << "there is no rate";
    meta::Database database;
    database.name = "d";
    const auto bounds = [&](std::string_view user, std::uint64_t series, std::uint64_t fields) {
        engine::WriteTarget target;
        target.database = &database;
        target.series_max = series;
        target.fields_max = fields;
        limits.bound_names(target, user);
        return std::pair(target.series_max, target.fields_max);
    };
    EXPECT_EQ(bounds("ann", 0, 65536), std::pair(std::uint64_t{20}, std::uint64_t{9}));
    EXPECT_EQ(bounds("bob", 0, 65536), std::pair(std::uint64_t{50}, std::uint64_t{9}));
    EXPECT_EQ(bounds("ann", 10, 4), std::pair(std::uint64_t{10}, std::uint64_t{4}));
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
